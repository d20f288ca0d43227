/// What a standby keeps of a topic, and what it takes for granted about time.
package struct StandbyLimits: Equatable, Sendable {
    /// Payloads that are younger are kept.
    package var keep: Duration
    /// So many of the newest payloads are kept, however old they are.
    package var count: Int
    /// How much memory the kept payloads may cost, in bytes; the newest stay.
    package var bytes: Int
    /// How late an event may be told: between it happening and its place in the log, and between it happening and the
    /// standby's own operation bringing it.
    ///
    /// It is the one thing that nobody can check, so it is to be generous: it only delays when a standby is ready.
    /// An event may wait while a new leader looks for its place, and for the log's servers.
    package var lateness: Duration
    /// A log that says nothing for longer has stood still, and what it says next may be late; what is shorter is a part
    /// of the lateness.
    package var silence: Duration

    /// - Parameters:
    ///   - lease: After so long without anything new in the log its leader counts as dead.
    ///   - lateness: The lease, and not less than 2 seconds, if it isn't given.
    package init(lease: Duration, lateness: Duration? = nil, bytes: Int = 16 << 20) {
        keep = max(lease * 3, .seconds(15))
        count = 64
        self.bytes = bytes
        self.lateness = lateness ?? max(lease, .seconds(2))
        silence = max(lease / 2, self.lateness / 4)
    }
}
