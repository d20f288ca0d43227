import Fanout
import Testing

@testable import EventLog
@testable import FanoutRelay

/// What a relay tells its shards of what the group's log says.
struct LoggedTopicsTests {
    /// What happens, in order.
    enum Step {
        case configure(Int)
        case withdraw
        case request(UInt64, shard: Int)
        case release(shard: Int)
        case refuse
        case log(LogUpdate.Content)
        case ready
        case rewound
        case led(Bool)
    }

    static let topic = TopicHash(high: 1, low: 2)

    /// What a relay tells of one topic, in words.
    static func told(_ steps: [Step]) -> [String] {
        let statistics = TopicStatistics(name: "t")
        var topics = LoggedTopics(number: 0, clientStatistics: TopicStatistics(name: "*"), policy: LagPolicy())
        return steps.flatMap { step -> [String] in
            switch step {
            case .configure(let id): return words(topics.configure(topic, as: TopicID(id), statistics))
            case .withdraw: topics.withdraw(topic)
            case .request(let number, let shard): return words(topics.request(topic, number, by: shard))
            case .release(let shard): _ = topics.release(topic, by: shard)
            case .refuse: return words(topics.refuse(topic, "no"))
            case .log(let content):
                return words(topics.take(LogUpdate(content, of: topic, at: 0), at: .zero, wall: 0))
            case .ready: return words(topics.ready(at: .zero))
            case .rewound: topics.rewound()
            case .led(let isLed): return words(topics.set(isLed: isLed, at: .zero))
            }
            return []
        }
    }

    private static func words(_ deliveries: [LoggedTopics.Delivery]) -> [String] {
        deliveries.flatMap { delivery in
            let readers =
                switch delivery.readers {
                case .everyShard: "all"
                case .shards(let numbers): numbers.sorted().map(String.init).joined(separator: "+")
                }
            return delivery.updates.map { "\(readers): \(words($0))" }
        }
    }

    private static func words(_ update: TopicUpdate) -> String {
        switch update {
        case .segment(_, let segment):
            switch segment.content {
            case .events(let first, let batch): "events \(first) to \(first + UInt64(batch.count) - 1)"
            case .gap(let after, _): "gap after \(after)"
            case .status(let status): "\(status)"
            case .refused: "?"
            }
        case .began(_, let opened): "began \(words(opened))"
        case .opened(let number, _, let opened): "opened \(number) \(words(opened))"
        case .failed: "failed"
        case .completed: "completed"
        case .refused(let number, let reason): "refused \(number) \(reason)"
        case .reclaimed, .planned: "?"
        }
    }

    private static func words(_ opened: OpenedTopic) -> String {
        "\(opened.epoch) \(opened.status) after \(opened.start) with \(opened.history.count)"
    }

    static func began(_ epoch: String, after sequence: UInt64 = 0) -> Step {
        .log(
            .began(
                TopicBeginning(
                    epoch: epoch,
                    sequence: sequence,
                    forgottenGap: nil,
                    isForeign: false,
                    isSuccessor: false
                )
            )
        )
    }

    static func event(_ number: UInt64) -> Step { .log(.events(first: number, EventPayloads([65]))) }

    @Test(
        arguments: [
            // All that the log had is told at once, and what comes later as it comes.
            ([.configure(1), began("e"), event(1), .ready], ["all: began e waiting after 0 with 1"]),
            (
                [.configure(1), .ready, began("e"), .log(.status(.live)), event(1)],
                ["all: began e waiting after 0 with 0", "all: live", "all: events 1 to 1"]
            ),
            // Other numbers are a gap for those who knew the former ones.
            (
                [.configure(1), began("e"), .ready, began("f", after: 7)],
                ["all: began e waiting after 0 with 0", "all: began f waiting after 7 with 0", "all: gap after 7"]
            ),
            // The operator's topic stays, whatever ends.
            (
                [.configure(1), began("e"), .ready, .log(.completed), event(1)],
                ["all: began e waiting after 0 with 0", "all: events 1 to 1"]
            ),
            // Nobody leads for a while.
            (
                [.configure(1), began("e"), .log(.status(.live)), .ready, .led(false), .led(false), .led(true)],
                ["all: began e live after 0 with 1", "all: interrupted", "all: live"]
            ),
            // It is offered no more, and again: its events go on, and are delivered.
            (
                [.configure(1), began("e"), .ready, .withdraw, event(1), .configure(2), event(2)],
                [
                    "all: began e waiting after 0 with 0", "all: began e waiting after 0 with 1",
                    "all: events 2 to 2",
                ]
            ),
            // It was in the log before it was offered.
            ([began("e"), event(1), .ready, .configure(2)], ["all: began e waiting after 0 with 1"]),
        ] as [([Step], [String])]
    )
    func `the operator's topics are told to all`(steps: [Step], told: [String]) {
        #expect(Self.told(steps) == told)
    }

    @Test(
        arguments: [
            (
                [.ready, .request(5, shard: 1), began("e"), event(1)],
                ["1: opened 5 e waiting after 0 with 0", "1: events 1 to 1"]
            ),
            (
                [began("e"), event(1), .ready, .request(5, shard: 1), .request(6, shard: 2), event(2)],
                [
                    "1: opened 5 e waiting after 0 with 1", "2: opened 6 e waiting after 0 with 1",
                    "1+2: events 2 to 2",
                ]
            ),
            // Who has let go of it hears no more, and may come again.
            (
                [.ready, .request(5, shard: 1), began("e"), .release(shard: 1), event(1), .request(6, shard: 1)],
                ["1: opened 5 e waiting after 0 with 0", "1: opened 6 e waiting after 0 with 1"]
            ),
            // It ends, and the next one is another.
            (
                [.ready, .request(5, shard: 1), began("e"), .log(.completed), event(1), .request(6, shard: 1)],
                ["1: opened 5 e waiting after 0 with 0", "1: completed"]
            ),
            (
                [.ready, .request(5, shard: 1), began("e"), .log(.failed(errors: [])), .log(.ended)],
                ["1: opened 5 e waiting after 0 with 0", "1: failed"]
            ),
            ([.ready, .request(5, shard: 1), .log(.refused(reason: "no"))], ["1: refused 5 no"]),
            (
                [.ready, .request(5, shard: 1), began("e"), .log(.refused(reason: "no"))],
                ["1: opened 5 e waiting after 0 with 0", "1: failed"]
            ),
            ([.ready, .request(5, shard: 1), .refuse], ["1: refused 5 no"]),
            // It ended for want of listeners while somebody came.
            (
                [.ready, began("e"), .request(5, shard: 1), .log(.ended), began("f")],
                ["1: opened 5 e waiting after 0 with 0", "1: began f waiting after 0 with 0", "1: gap after 0"]
            ),
        ] as [([Step], [String])]
    )
    func `clients' topics are told to the shards that ask`(steps: [Step], told: [String]) {
        #expect(Self.told(steps) == told)
    }

    /// What a shard asks for while the log is read isn't what has ended there before.
    @Test(
        arguments: [
            .log(.completed), .log(.failed(errors: [])), .log(.refused(reason: "no")), .log(.ended),
        ] as [Step]
    )
    func `the past ends no request`(end: Step) {
        let steps = [.request(5, shard: 1), Self.began("e"), end, .log(.ended), .ready, Self.began("f"), Self.event(1)]
        #expect(Self.told(steps) == ["1: opened 5 f waiting after 0 with 0", "1: events 1 to 1"])
    }

    @Test(
        arguments: [
            // Who had the former numbers is told a gap.
            (
                [.request(5, shard: 1), began("f"), .ready],
                ["1: opened 5 e waiting after 0 with 0", "1: began f waiting after 0 with 0", "1: gap after 0"]
            ),
            (
                [.request(5, shard: 1), .ready, began("f")],
                ["1: opened 5 e waiting after 0 with 0", "1: began f waiting after 0 with 0", "1: gap after 0"]
            ),
            // What isn't in the log any more, and nobody here has, is forgotten.
            (
                [.release(shard: 1), .ready, .request(6, shard: 1), began("f")],
                ["1: opened 5 e waiting after 0 with 0", "1: opened 6 f waiting after 0 with 0"]
            ),
        ] as [([Step], [String])]
    )
    func `a log that is another one begins anew`(steps: [Step], told: [String]) {
        #expect(Self.told([Self.began("e"), .ready, .request(5, shard: 1), .rewound] + steps) == told)
    }
}
