internal import AccessTokens
internal import AllowedDocuments
internal import Fanout
internal import GraphQLTransport
internal import Synchronization
internal import WebSockets

/// A WebSocket on a topic's path over which isn't decided yet: it has no subscriber, and only waits.
///
/// Once it is let in it is served as any other, by `PlainDialect`, which needs no state for it.
final class PendingTopicDialect: ClientDialect {
    private var decision: PendingDecision?

    var spoken: ClientProtocol { .plain }

    /// Lets a client wait for the decision.
    static func open(
        _ socket: WebSocket,
        by request: UpgradeRequest,
        subprotocol: String?,
        _ question: AccessQuestion,
        on shard: isolated Shard
    ) {
        let dialect = PendingTopicDialect()
        let deadline = EventLoop.now + shard.admission.pingInterval
        let client = Client(socket: socket, dialect: dialect, watch: .idle, deadline: deadline)
        shard.join(client, at: request.path)
        guard PlainDialect.speaks(subprotocol) else { return client.refuseSubprotocol() }
        guard let decision = shard.authorizer.begin(question) else {
            return client.refuse(shard.authorizer.refuseForLackOfPlaces())
        }
        dialect.decision = decision
        let place = socket.token
        decision.start(on: shard.loop) { [shard, weak decision] verdict in
            shard.assumeIsolated { shard in
                // Another client may have this place by now.
                guard let client = shard.clients[place], let dialect = client.dialect as? PendingTopicDialect,
                    dialect.decision === decision
                else { return }
                dialect.decided(verdict, for: client, by: request, on: shard)
            }
        }
    }

    private func decided(
        _ verdict: Authorizer.Verdict,
        for client: Client,
        by request: UpgradeRequest,
        on shard: isolated Shard
    ) {
        decision = nil
        guard client.socket.isOpen else { return }
        switch verdict {
        case .granted(let grant): letIn(client, with: grant, by: request, on: shard)
        case .refused(let refusal): client.refuse(refusal)
        case .absent, .later: client.refuse(shard.authorizer.refuse(.absent))
        }
    }

    /// Subscribes a client that may enter, if it may have what its path names.
    private func letIn(_ client: Client, with grant: Grant, by request: UpgradeRequest, on shard: isolated Shard) {
        switch shard.routes.route(at: request.path) {
        case .topic(let topic):
            guard let slot = shard.demand.slot(of: topic) else { return client.leaveNothing() }
            guard grant.allows(topic: shard.topics[slot].definition.name) else {
                return client.refuse(shard.authorizer.refuse(.forbiddenTopic))
            }
            PlainDialect.begin(client, by: request, grant, on: shard) { _ in slot }
        case .document(let index):
            switch shard.routes.documents.judge(index, parameter: request.parameter("variables"), with: grant) {
            case .permitted(let operation):
                let peer = client.socket.peer
                PlainDialect.begin(client, by: request, grant, on: shard) { $0.join(operation, from: peer) }
            case .refused(let denial): client.refuse(denial)
            case .unknown: client.leaveNothing()
            }
        case .missingTopic(let name) where grant.allows(topic: name): client.leaveNothing()
        case .missingTopic: client.refuse(shard.authorizer.refuse(.forbiddenTopic))
        // Nobody waits at other paths.
        case .graphQL, .namedQuery, .documentQuery, .missingQuery, .page, .clientEnd, .probe, nil:
            client.socket.terminate()
        }
    }

    /// Once it is let in it ends as all do at its path.
    func ended(
        _ subscriber: Subscriber,
        _ reason: Subscriber.Ending.Reason,
        of client: Client,
        on shard: isolated Shard
    ) {
        PlainDialect.shared.ended(subscriber, reason, of: client, on: shard)
    }

    func left(on shard: isolated Shard) {
        decision?.cancel()
        decision = nil
    }
}
