internal import CLibwebsockets

/// The timeouts that libwebsockets applies when nothing else is set, in seconds.
///
/// The relay must not depend on them: a test makes them short.
struct LibraryDefaults: Sendable {
    /// After how much silence it pings, and hangs up; nil leaves its 300 and 310.
    var silence: (ping: UInt16, hangUp: UInt16)?
    /// How long a step of a handshake or of an HTTP transaction may take.
    var timeout: UInt32 = 20

    var values: clws_defaults_t {
        clws_defaults_t(ping: silence?.ping ?? 0, hang_up: silence?.hangUp ?? 0, timeout: timeout)
    }
}
