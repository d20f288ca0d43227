internal import Fanout
internal import GraphQLTransport
internal import WebSockets

/// A WebSocket on a topic's path, with `fanout.v1.json` or bare payloads; the client only listens.
final class PlainDialect: ClientDialect, Sendable {
    /// The subprotocol; a client need not offer it.
    static let subprotocol = "fanout.v1.json"

    static let shared = PlainDialect()

    var spoken: ClientProtocol { .plain }

    /// Accepts a client and subscribes it, or closes it when its request is wrong.
    ///
    /// - Parameters:
    ///   - subprotocol: The one that the handshake chose, if any.
    ///   - slot: The topic's slot, asked for when nothing is in the way any more.
    static func open(
        _ socket: WebSocket,
        by request: UpgradeRequest,
        subprotocol: String?,
        _ grant: Grant,
        on shard: isolated Shard,
        _ slot: (isolated Shard) -> Slot
    ) {
        let client = Client(
            socket: socket,
            dialect: shared,
            watch: .idle,
            deadline: EventLoop.now + shard.admission.pingInterval
        )
        shard.join(client, at: request.path)
        guard speaks(subprotocol) else { return client.refuseSubprotocol() }
        begin(client, by: request, grant, on: shard, slot)
    }

    /// Whether what the handshake chose is spoken here.
    static func speaks(_ subprotocol: String?) -> Bool { subprotocol == nil || subprotocol == Self.subprotocol }

    /// Subscribes a client that is let in, or closes it when its request is wrong.
    static func begin(
        _ client: Client,
        by request: UpgradeRequest,
        _ grant: Grant,
        on shard: isolated Shard,
        _ slot: (isolated Shard) -> Slot
    ) {
        client.limit(to: grant, on: shard)
        let socket = client.socket
        let parameters: TopicParameters
        do {
            parameters = try TopicParameters { request.parameter($0) }
        } catch {
            return socket.close(CloseCode.policyViolation.rawValue, error.allowed)
        }
        shard.listen(
            client,
            to: slot(shard),
            as: parameters.format == .event ? .event : .payload,
            from: parameters.startPosition,
            parameters.lagAction
        )
    }

    /// Ends the connection with the operation of an allowed document, after the events that it has got.
    func ended(
        _ subscriber: Subscriber,
        _ reason: Subscriber.Ending.Reason,
        of client: Client,
        on shard: isolated Shard
    ) {
        switch reason {
        case .failed(let errors):
            let writer = shard.topics[subscriber.slot].writer
            if subscriber.encoding == .event { client.socket.send(text: writer.errorMessage(errors)) }
            client.socket.close(CloseCode.tryAgainLater.rawValue, "The operation failed: try again later")
        case .completed: client.socket.close(CloseCode.normalClosure.rawValue, "The operation has ended")
        case .gap: break
        }
    }
}
