internal import CLibwebsockets

/// The timers that libwebsockets gives to whatever isn't told otherwise, in seconds.
///
/// Nothing of ours may depend on them: a test makes them short.
struct LibraryDefaults: Sendable {
    /// Without a sign of life until it pings, and until it hangs up; nil leaves its 300 and 310.
    var silence: (ping: UInt16, hangUp: UInt16)?
    /// How long a step of a handshake or of an HTTP transaction may take.
    var timeout: UInt32 = 20

    var values: clws_defaults_t {
        clws_defaults_t(ping: silence?.ping ?? 0, hang_up: silence?.hangUp ?? 0, timeout: timeout)
    }
}
