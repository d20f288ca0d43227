import GraphQLTransport

@testable import FanoutRelay
@testable import WebSockets

/// Makes clients without a connection: the buffer and the topics never touch their sockets.
final class ClientFactory {
    private let loop: EventLoop
    private let delegate = SilentDelegate()

    init() throws { loop = try EventLoop(name: "unused", servesSockets: false) }

    func stop() async { await loop.stop() }

    func client() -> Client {
        let socket = WebSocket(
            on: loop,
            delegate: delegate,
            peer: "127.0.0.1",
            limits: WebSocket.Limits(),
            client: nil,
            isSecure: false
        )
        return Client(socket: socket, dialect: .plain, watch: .idle, deadline: .zero)
    }

    /// A client with one subscriber of the first topic.
    func client(_ encoding: Encoding, id: String = "", cursor: UInt64 = 0) -> Client {
        let client = client()
        client.subscribe(0, encoding, id: id, cursor: cursor)
        return client
    }
}

extension Client {
    func subscribe(
        _ topic: Int,
        _ encoding: Encoding,
        id: String = "",
        cursor: UInt64 = 0
    ) {
        subscribers.append(
            Subscriber(
                client: self,
                topic: topic,
                encoding: encoding,
                id: id,
                prefix: encoding.hasID ? MessageWriter.nextPrefix(id: id) : [],
                cursor: cursor
            )
        )
    }
}

extension ShardTopic {
    static func sample(
        _ name: String,
        policy: LagPolicy = LagPolicy(),
        source: TopicHead = TopicHead()
    ) throws -> ShardTopic {
        let definition = try TopicDefinition(name: name, document: "subscription { \(name) }")
        return ShardTopic(
            definition: definition,
            key: try definition.key(),
            epoch: "e",
            policy: policy,
            source: source
        )
    }
}
