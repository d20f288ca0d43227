import DemoUpstream
import Fanout
import GraphQLSession
import GraphQLTransport
import Logging
import Synchronization
import WebSockets

@testable import FanoutRelay

/// Shards with real clients, and without an upstream: the test says what is in each batch.
struct ShardStage {
    let port: UInt16
    let statistics: Statistics
    private let servers: [WebSocketServer]
    private let feeds: [AsyncStream<[TopicUpdate]>.Continuation]

    /// How many connections the listener counts on all shards.
    var connections: Int { servers.reduce(0) { $0 + $1.connections } }

    static func run(
        _ topics: [TopicDefinition],
        shards count: Int = 1,
        flushInterval: Duration = .zero,
        _ body: (ShardStage) async throws -> Void
    ) async throws {
        let statistics = Statistics(topics: topics.map(\.name), shards: count)
        let ledger = ConnectionLedger()
        var loops = [try EventLoop(name: "acceptor", servesSockets: false)]
        var servers: [WebSocketServer] = []
        var feeds: [AsyncStream<[TopicUpdate]>.Continuation] = []
        var tasks: [Task<Void, Never>] = []
        for index in 0..<count {
            let loop = try EventLoop(name: "shard-\(index)")
            let shard = Shard(
                on: loop,
                topics: try topics.map {
                    ShardTopic(definition: $0, key: try $0.key(), epoch: "e", policy: LagPolicy())
                },
                admission: Admission(),
                routes: Routes(statistics: statistics, topics: topics),
                statistics: statistics.shards[index],
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
                flushInterval: flushInterval
            )
            let (stream, feed) = AsyncStream.makeStream(of: [TopicUpdate].self)
            servers.append(try await shard.serve(ledger: ledger))
            loops.append(loop)
            feeds.append(feed)
            tasks.append(Task { await shard.run(stream) })
        }
        let listener = try Listener(
            on: loops[0],
            options: Listener.Options(host: "127.0.0.1", port: 0),
            servers: servers,
            ledger: ledger
        )
        let result: Result<Void, any Error>
        do {
            try await body(ShardStage(port: listener.port, statistics: statistics, servers: servers, feeds: feeds))
            result = .success(())
        } catch {
            result = .failure(error)
        }
        for feed in feeds { feed.finish() }
        for task in tasks { await task.value }
        for loop in loops { await loop.stop() }
        try result.get()
    }

    /// Hands one batch to every shard.
    func publish(_ updates: TopicUpdate...) {
        for feed in feeds { feed.yield(updates) }
    }

    /// Ends the shards' streams of batches.
    func finish() {
        for feed in feeds { feed.finish() }
    }

    /// How often the shards swept.
    var sweeps: Int { statistics.shards.reduce(0) { $0 + $1.sweeps.load(ordering: .relaxed) } }

    /// A client of a topic's path, subscribed when this returns.
    func plain(_ topic: String, query: String = "") async throws -> Peer {
        let peer = try Peer(port: port)
        guard try await peer.upgrade("/topics/\(topic)\(query)").status == 101 else {
            throw Peer.Failure(description: "no upgrade")
        }
        try await peer.settle()
        return peer
    }
}
