internal import CLibwebsockets

/// The timers that libwebsockets gives to whatever isn't told otherwise; it counts whole seconds.
///
/// Nothing of ours may depend on them: a test makes them short.
struct LibraryDefaults: Sendable {
    /// Without a sign of life until it pings, and until it hangs up; nil leaves its 300 s and 310 s.
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
