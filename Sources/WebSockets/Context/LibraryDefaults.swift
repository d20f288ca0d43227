internal import CLibwebsockets

/// The timeouts that libwebsockets applies when nothing else is set, in seconds.
///
/// The relay must not depend on them: a test makes them short.
struct LibraryDefaults: Sendable {
    /// After how much silence it pings, and hangs up; nil leaves its 300 and 310.
    var silence: (ping: Duration, hangUp: Duration)?
    /// How long a step of a handshake or of an HTTP transaction may take.
    var timeout = Duration.seconds(20)

    var values: clws_defaults_t {
        clws_defaults_t(
            ping: silence.map { UInt16(clamping: $0.ping.wholeSeconds) } ?? 0,
            hang_up: silence.map { UInt16(clamping: $0.hangUp.wholeSeconds) } ?? 0,
            timeout: UInt32(clamping: timeout.wholeSeconds)
        )
    }
}
