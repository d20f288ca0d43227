import Fanout
import Glibc
import Logging
import Synchronization

@testable import FanoutRelay
@testable import WebSockets

/// A shard with clients on TCP over loopback, and without an upstream: the benchmark passes each update to it.
///
/// There is one sweep at a time; `nextUpdate` and `drain` are called between sweeps. It lasts as long as the process.
final class SweepStage: @unchecked Sendable {
    /// The clients' protocol.
    enum Dialect: String, CaseIterable {
        case plain
        /// Each client has an id of its own.
        case graphQL = "GraphQL"
    }

    struct Failure: Error {
        var call: String
    }

    let shard: Shard
    private let loop: EventLoop
    private var descriptors: [Int32] = []
    private var next: UInt64 = 1
    private var scratch = [UInt8](repeating: 0, count: 65536)

    init(clients count: Int, _ dialect: Dialect) async throws {
        let definition = try TopicDefinition(name: "tick", document: "subscription { tick }")
        let statistics = Statistics(topics: ["tick"], shards: 1)
        loop = try EventLoop(name: "shard-0")
        shard = Shard(
            on: loop,
            topics: [ShardTopic(definition: definition, key: try definition.key(), epoch: "e", policy: LagPolicy())],
            admission: Admission(),
            routes: Routes(statistics: statistics, topics: [definition]),
            statistics: statistics.shards[0],
            logger: Logger(label: "benchmark") { _ in SwiftLogNoOpLogHandler() }
        )
        let server = try await shard.serve(ledger: ConnectionLedger())
        for number in 0..<count { try open(number, dialect, at: server) }
        while statistics.shards[0].subscriptions.load(ordering: .relaxed) < count {
            try await Task.sleep(for: .milliseconds(1))
        }
        drain()
    }

    /// The next event for all clients.
    func nextUpdate() -> TopicUpdate {
        defer { next += 1 }
        return .segment(topic: 0, .events(next, count: 1))
    }

    /// Reads what the clients received.
    func drain() {
        for descriptor in descriptors {
            while unsafe recv(descriptor, &scratch, scratch.count, Int32(MSG_DONTWAIT)) > 0 {}
        }
    }

    private func open(_ number: Int, _ dialect: Dialect, at server: WebSocketServer) throws {
        let (client, accepted) = try Self.pair()
        descriptors.append(client)
        server.adopt([AcceptedSocket(descriptor: accepted, peer: "127.0.0.1")])
        let path = dialect == .plain ? "/topics/tick" : "/graphql"
        let subprotocol = dialect == .plain ? "fanout.v1.json" : "graphql-transport-ws"
        try send(
            """
            GET \(path) HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
            Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\
            Sec-WebSocket-Protocol: \(subprotocol)\r\n\r\n
            """.utf8,
            to: client
        )
        // The answer to the handshake must come before anything else is sent.
        guard unsafe recv(client, &scratch, scratch.count, 0) > 0 else { throw Failure(call: "recv") }
        guard dialect == .graphQL else { return }
        try send(Self.frame(#"{"type":"connection_init"}"#), to: client)
        let payload = #"{"query":"subscription { tick }"}"#
        let id = "6fa459ea-ee8a-3ca4-894e-\(100_000_000_000 + number)"
        try send(Self.frame(#"{"id":"\#(id)","type":"subscribe","payload":\#(payload)}"#), to: client)
    }

    private func send(_ bytes: some Sequence<UInt8>, to descriptor: Int32) throws {
        let bytes = Array(bytes)
        let sent = unsafe Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL))
        guard sent == bytes.count else { throw Failure(call: "send") }
    }

    /// A text frame under 126 bytes, masked with zeros.
    private static func frame(_ text: String) -> [UInt8] {
        precondition(text.utf8.count < 126)
        return [0x81, 0x80 | UInt8(text.utf8.count), 0, 0, 0, 0] + Array(text.utf8)
    }

    /// The two ends of a TCP connection; the accepted one doesn't block.
    private static func pair() throws -> (client: Int32, accepted: Int32) {
        let stream = Int32(SOCK_STREAM.rawValue)
        let (listener, client) = (socket(AF_INET, stream, 0), socket(AF_INET, stream, 0))
        defer { close(listener) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isConnected = unsafe withUnsafeMutableBytes(of: &address) { bytes in
            guard let address = unsafe bytes.assumingMemoryBound(to: sockaddr.self).baseAddress else { return false }
            return unsafe bind(listener, address, length) == 0 && listen(listener, 1) == 0
                && getsockname(listener, address, &length) == 0 && connect(client, address, length) == 0
        }
        guard isConnected else { throw Failure(call: "connect") }
        let accepted = accept(listener, nil, nil)
        guard accepted >= 0, fcntl(accepted, F_SETFL, O_NONBLOCK) == 0 else { throw Failure(call: "accept") }
        return (client, accepted)
    }
}
