internal import Fanout
internal import GraphQLTransport
internal import Synchronization
internal import WebSockets

/// A WebSocket on a topic's path, with `fanout.v1.json` or bare payloads; the client only listens.
final class PlainDialect: ClientDialect, Sendable {
    /// The subprotocol; a client need not offer it.
    static let subprotocol = "fanout.v1.json"

    private static let shared = PlainDialect()

    /// Accepts a client and subscribes it, or closes it when its request is wrong.
    ///
    /// - Parameter subprotocol: The one that the handshake chose, if any.
    static func open(
        _ socket: WebSocket,
        _ slot: Slot,
        by request: UpgradeRequest,
        subprotocol: String?,
        _ grant: Grant,
        on shard: isolated Shard
    ) {
        let client = Client(
            socket: socket,
            dialect: shared,
            watch: .idle,
            deadline: EventLoop.now + shard.admission.pingInterval
        )
        shard.join(client)
        guard speaks(subprotocol) else { return client.refuseSubprotocol() }
        begin(client, slot, by: request, grant, on: shard)
    }

    /// Whether what the handshake chose is spoken here.
    static func speaks(_ subprotocol: String?) -> Bool { subprotocol == nil || subprotocol == Self.subprotocol }

    /// Subscribes a client that is let in, or closes it when its request is wrong.
    static func begin(
        _ client: Client,
        _ slot: Slot,
        by request: UpgradeRequest,
        _ grant: Grant,
        on shard: isolated Shard
    ) {
        shard.limit(client, to: grant)
        let socket = client.socket
        let parameters: TopicParameters
        do {
            parameters = try TopicParameters(request.parameter)
        } catch {
            return socket.close(CloseCode.policyViolation.rawValue, error.allowed)
        }
        let topic = shard.topics[slot]
        let (cursor, gap) = topic.cursor(for: parameters.startPosition)
        if gap != nil { shard.statistics.unresumed.add(1, ordering: .relaxed) }
        switch parameters.format {
        case .event:
            socket.send(text: topic.writer.statusMessage(topic.status))
            if let gap { socket.send(text: topic.writer.gapMessage(after: gap.after, reason: gap.reason)) }
            if let errors = topic.errors { socket.send(text: topic.writer.errorMessage(errors)) }
        case .payload:
            // Bare payloads can't tell a gap. Closing would not help: the client would come back with the same token.
            if gap != nil { shard.statistics.untoldGaps.add(1, ordering: .relaxed) }
        }
        shard.listen(
            client,
            to: slot,
            as: parameters.format == .event ? .event : .payload,
            from: cursor,
            parameters.lagAction
        )
    }
}
