internal import DequeModule

/// What a leader says again before the log's limits pass it: who leads, and how the topics are of which nothing new is
/// said.
///
/// Without it a relay that starts would know nothing of a topic that has been quiet for long. It is pure: its owner
/// brings the time, and what was read of the log.
struct LogRenewal {
    /// What is due.
    struct Due: Equatable {
        /// The topics of which nothing was said since the message of this number are to be said again; nil for none.
        let through: UInt64?
    }

    private struct Mark {
        let position: UInt64
        let bytes: Int
        let time: Duration
    }

    /// A mark is set after so much of what the log holds, and what is before it said again at half.
    private static let marks = 16

    private let historyBytes: Int
    private let historyAge: Duration
    private var marks: Deque<Mark> = []
    private var last: Mark

    /// - Parameters:
    ///   - bytes: How many bytes the log holds.
    ///   - age: How long it holds them.
    init(bytes: Int, age: Duration, now: Duration) {
        historyBytes = bytes
        historyAge = age
        last = Mark(position: 0, bytes: 0, time: now)
    }

    /// Looks whether something is due.
    ///
    /// - Parameters:
    ///   - position: The number of the newest message that was read.
    ///   - bytes: How many bytes were read so far.
    mutating func due(position: UInt64, bytes: Int, now: Duration) -> Due? {
        guard now - last.time >= historyAge / Self.marks || bytes - last.bytes >= historyBytes / Self.marks else {
            return nil
        }
        last = Mark(position: position, bytes: bytes, time: now)
        marks.append(last)
        var through: UInt64?
        while let mark = marks.first, now - mark.time >= historyAge / 2 || bytes - mark.bytes >= historyBytes / 2 {
            through = mark.position
            marks.removeFirst()
        }
        return Due(through: through)
    }
}
