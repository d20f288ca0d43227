import Benchmark
import GraphQLTransport

@testable import FanoutRelay
@testable import WebSockets

/// GraphQL clients without a connection, who all lack the same event: what `FrameBuffer` makes of them.
private struct Audience {
    static let size = 1000

    let loop: EventLoop
    let clients: [Client]
    var topics: [ShardTopic]
    var buffer = FrameBuffer()

    init(id: (Int) -> String) throws {
        let loop = try EventLoop(name: "unused", servesSockets: false)
        self.loop = loop
        let definition = try TopicDefinition(name: "tick", document: "subscription { tick }")
        topics = [ShardTopic(definition: definition, key: try definition.key(), epoch: "e", policy: LagPolicy())]
        topics[0].backlog.append(.events(count: 1))
        let silence = Silence()
        clients = (0..<Self.size).map { number in
            let socket = WebSocket(
                on: loop,
                delegate: silence,
                peer: "127.0.0.1",
                limits: WebSocket.Limits(),
                client: nil,
                isSecure: false
            )
            let client = Client(socket: socket, dialect: .plain, watch: .idle, deadline: .zero)
            let id = id(number)
            client.subscribers = [
                Subscriber(
                    client: client,
                    topic: 0,
                    encoding: .graphQL,
                    id: id,
                    prefix: MessageWriter.nextPrefix(id: id),
                    cursor: 0
                )
            ]
            return client
        }
    }

    mutating func fill() {
        for client in clients { buffer.fill(for: client, from: &topics) }
        blackHole(buffer.bytes.count)
    }
}

/// Owns sockets that are never connected.
private actor Silence: WebSocketDelegate {
    func received(_ bytes: Span<UInt8>, isText: Bool, on socket: WebSocket) {}
    func writable(_ socket: WebSocket) {}
    func ponged(_ socket: WebSocket) {}
    func closed(_ socket: WebSocket, _ closure: WebSocketClosure) {}
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
            guard var audience = try? Audience(id: kind.id) else { return benchmark.error("no loop") }
            benchmark.startMeasurement()
            audience.fill()
            benchmark.stopMeasurement()
            await audience.loop.stop()
        }
    }
}
