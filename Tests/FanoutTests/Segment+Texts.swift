import GraphQLTransport

@testable import Fanout

extension PayloadBatch {
    init(_ payloads: [String], dropped: Int = 0) {
        self.init()
        for payload in payloads {
            let bytes = Array(payload.utf8)
            append(bytes.span)
        }
        self.dropped = dropped
    }
}

extension Segment {
    /// Events with these payloads, numbered from `first`.
    static func events(_ first: UInt64, _ payloads: [String], at time: Duration = .zero) -> Segment {
        Segment(.events(first: first, PayloadBatch(payloads)), at: time)
    }

    /// The first events of a topic.
    static func events(_ payloads: [String]) -> Segment { events(1, payloads) }

    /// `count` events of `size` bytes each.
    static func events(_ first: UInt64 = 1, count: Int, of size: Int = 10, at time: Duration = .zero) -> Segment {
        events(first, [String](repeating: String(repeating: "x", count: size), count: count), at: time)
    }

    static func gap(after: UInt64, at time: Duration = .zero) -> Segment {
        Segment(.gap(after: after, reason: "lost"), at: time)
    }

    static func status(_ status: TopicStatus, at time: Duration = .zero) -> Segment {
        Segment(.status(status), at: time)
    }
}
