internal import Logging

/// Gathers what happens to topics for a moment, so that an outage of a thousand topics is one line of the log.
///
/// It is pure: its owner logs the lines when they are due.
struct TopicNews {
    /// What can happen to a topic.
    enum Kind: CaseIterable {
        case interrupted, refused, gaveUp, resumed
    }

    /// A line of the log.
    struct Line: Equatable {
        let level: Logger.Level
        let message: String
        let metadata: [String: String]
    }

    private struct Story {
        var count = 0
        /// The first topic it happened to, and the reason there.
        var name = ""
        var reason: String?
    }

    /// Lines are due so long after the last event, and no later than `longestWait` after the first.
    static let calm = Duration.milliseconds(100)
    static let longestWait = Duration.seconds(1)

    private var stories: [Kind: Story] = [:]
    private var firstAt = Duration.zero
    private var lastAt = Duration.zero

    /// When the lines are due; nil while there are none.
    var due: Duration? { stories.isEmpty ? nil : min(lastAt + Self.calm, firstAt + Self.longestWait) }

    /// Notes what happened to a topic.
    mutating func add(_ kind: Kind, topic name: String, reason: String? = nil, at now: Duration) {
        if stories.isEmpty { firstAt = now }
        lastAt = now
        if stories[kind] == nil { stories[kind] = Story(name: name, reason: reason) }
        stories[kind]?.count += 1
    }

    /// Removes and returns the lines, at most one for each kind.
    mutating func take() -> [Line] {
        defer { stories = [:] }
        return Kind.allCases.compactMap { kind in stories[kind].map { Self.line(kind, $0) } }
    }

    private static func line(_ kind: Kind, _ story: Story) -> Line {
        var metadata: [String: String] = [:]
        let reasonName = story.count == 1 ? "reason" : "first_reason"
        if let reason = story.reason { metadata[reasonName] = reason }
        if story.count == 1 {
            metadata["topic"] = story.name
        } else {
            metadata["topics"] = "\(story.count)"
            metadata["first"] = story.name
        }
        let subject = story.count == 1 ? "topic" : "topics"
        let (level, message): (Logger.Level, String) =
            switch kind {
            case .interrupted: (.info, "\(subject) interrupted")
            case .refused: (.error, "the upstream refuses the operation of the \(subject); it is tried again")
            case .gaveUp: (.error, "gave up to restart the \(subject); tried again on the next link")
            case .resumed: (.info, "\(subject) resumed")
            }
        return Line(level: level, message: message, metadata: metadata)
    }
}
