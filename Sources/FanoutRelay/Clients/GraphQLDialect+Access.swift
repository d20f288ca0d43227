internal import GraphQLTransport
internal import WebSockets

/// Who a client of GraphQL's WebSockets is: its `connection_init` says so, else its handshake.
extension GraphQLDialect {
    /// Judges a client by its `connection_init`; where that takes time, the acknowledgement is withheld.
    func judge(_ payload: Range<Int>?, in message: Span<UInt8>, _ client: Client, on shard: isolated Shard) {
        guard case .entering(let entrance) = standing else { return }
        guard let asked = entrance.question else { return letIn(.granted(.everything), client, on: shard) }
        if let grant = entrance.grant, Credential(payload: payload, in: message) == .none {
            return letIn(.granted(grant), client, on: shard)
        }
        let question = AccessQuestion(
            initialising: asked,
            payload,
            in: message,
            keepsPayload: shard.authorizer.asksHook
        )
        let verdict = shard.authorizer.judge(question)
        guard case .later = verdict else { return letIn(verdict, client, on: shard) }
        guard let decision = shard.authorizer.begin(question) else {
            return turnAway(client, shard.authorizer.refuseForLackOfPlaces(), on: shard)
        }
        standing = .pending(decision)
        decision.start(on: shard.loop) { [shard, weak decision, place = client.socket.token] verdict in
            shard.assumeIsolated { shard in
                // Another client may have this place by now.
                guard let client = shard.clients[place], let dialect = client.dialect as? GraphQLDialect,
                    case .pending(let awaited) = dialect.standing, awaited === decision
                else { return }
                dialect.letIn(verdict, client, on: shard)
                dialect.followUp(client, on: shard)
            }
        }
    }

    /// Forgets what was to be decided over a client that has left.
    func giveUpDecision() {
        if let prolonging {
            prolonging.cancel()
            change { $0.prolonging = nil }
        }
        guard case .pending(let decision) = standing else { return }
        decision.cancel()
        standing = .turnedAway
    }
}
