/// How long a relay of a group waits for what.
package struct LogTiming: Sendable {
    /// After so long without anything new in the log its leader counts as dead.
    ///
    /// It decides how soon somebody else leads, and never who does: that is the log's own order.
    package var lease: Duration
    /// After so long without an acknowledgement a leader stops being one, and forgets what it couldn't append.
    ///
    /// The log's servers choose a new leader of their own in 4 to 10 seconds. With less than that each such choice
    /// costs the events of the meantime, unless a standby has them.
    package var acknowledgementTimeout: Duration

    /// - Parameter acknowledgementTimeout: The lease if it isn't given.
    package init(lease: Duration, acknowledgementTimeout: Duration? = nil) {
        self.lease = lease
        self.acknowledgementTimeout = acknowledgementTimeout ?? lease
    }

    /// A leader with nothing to say says that so often.
    package var beat: Duration { lease / 4 }
    /// An answer that takes longer is given up.
    package var answer: Duration { lease / 4 }
    /// How long until what failed is tried again.
    package var pause: Duration { min(lease / 20, .milliseconds(50)) }
    /// How long a leader leaves the log to its successor.
    package var handOver: Duration { lease / 2 }
    /// A reader that got nothing for so long asks whether there is anything.
    package var silence: Duration { lease / 2 }
}
