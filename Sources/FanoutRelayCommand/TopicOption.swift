internal import Fanout
import FanoutRelay

/// One `NAME:KEY=VALUE`.
struct TopicOption {
    private let text: String
    let name: Substring
    let key: Substring
    let value: String

    /// True when it concerns client topics.
    var isForClients: Bool { name == "*" }

    init(_ text: String) throws {
        guard let colon = text.firstIndex(of: ":"), let equals = text[colon...].firstIndex(of: "=") else {
            throw Self.failure(text, "NAME:KEY=VALUE")
        }
        self.text = text
        name = text[..<colon]
        key = text[text.index(after: colon)..<equals]
        value = String(text[text.index(after: equals)...])
    }

    /// An error that says in one line what is allowed.
    func failure(_ allowed: String) -> Failure { Self.failure(text, allowed) }

    private static func failure(_ text: String, _ allowed: String) -> Failure {
        Failure(line: "--topic-option '\(text)': allowed: \(allowed)", exitCode: 64)
    }

    /// Writes an option of client topics to a policy.
    func apply(to demand: inout DemandPolicy) throws {
        switch key {
        case "snapshot":
            guard let snapshot = TopicDefinition.Snapshot(rawValue: value) else { throw failure("snapshot=none|last") }
            demand.snapshot = snapshot
        case "share":
            guard let share = DemandPolicy.Share(rawValue: value) else { throw failure("share=always|never") }
            demand.share = share
        default:
            throw failure("the keys snapshot and share for clients' topics, not '\(key)'")
        }
    }
}
