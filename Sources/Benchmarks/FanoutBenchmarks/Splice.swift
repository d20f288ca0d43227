import Benchmark
import Fanout
import GraphQLTransport

/// Clients without a connection, who all lack the same event: what `FrameBuffer` makes of them.
private struct Audience {
    static let size = 1000

    private final class Owner {}

    private let owner = Owner()
    private let subscribers: [[Subscriber]]
    private var topics: [ShardTopic]
    private var buffer = FrameBuffer()

    init(id: (Int) -> String) throws {
        let definition = try TopicDefinition(name: "tick", document: "subscription { tick }")
        topics = [ShardTopic(definition: definition, key: try definition.key(), epoch: "e", policy: LagPolicy())]
        topics[0].backlog.append(.events(count: 1))
        let owner = owner
        subscribers = (0..<Self.size).map { number in
            let id = id(number)
            let prefix = MessageWriter.nextPrefix(id: id)
            return [Subscriber(owner: owner, in: 0, encoding: .graphQL, id: id, prefix: prefix, cursor: 0)]
        }
    }

    mutating func fill() {
        for list in subscribers { buffer.fill(for: list, from: &topics) }
        blackHole(buffer.bytes.count)
    }
}

func registerSplice() {
    let kinds: [(name: String, id: @Sendable (Int) -> String)] = [
        ("ids of their own", { "6fa459ea-ee8a-3ca4-894e-\(100_000_000_000 + $0)" }),
        ("the same id", { _ in "1" }),
    ]
    for kind in kinds {
        Benchmark(
            "FrameBuffer: an event for one of \(Audience.size) clients with \(kind.name)",
            // One iteration serves a thousand clients; what is told is the share of one.
            configuration: .init(metrics: [.wallClock, .throughput], scalingFactor: .kilo, maxDuration: .seconds(1))
        ) { benchmark in
            guard var audience = try? Audience(id: kind.id) else { return benchmark.error("no topic") }
            benchmark.startMeasurement()
            audience.fill()
            benchmark.stopMeasurement()
        }
    }
}
