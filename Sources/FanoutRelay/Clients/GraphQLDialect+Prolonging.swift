internal import AccessTokens
internal import AllowedDocuments
internal import Fanout
internal import GraphQLTransport
internal import WebSockets

/// A client that stays longer than its credential, since it shows a new one in a `ping`.
extension GraphQLDialect {
    /// How many credentials that are no good are judged on one connection: each may cost a signature, or a call.
    private static let maximumTries: UInt8 = 10

    /// Answers a ping that has a credential without echoing it, and judges that; false for every other message.
    func prolongs(_ message: Span<UInt8>, _ client: Client, on shard: isolated Shard) -> Bool {
        guard !shard.authorizer.isOpen, let ping = try? MessageScanner.scan(message), ping.kind == .ping,
            let payload = ping.objectPayload
        else { return false }
        let credential = Credential(payload: payload, in: message)
        guard credential != .none else { return false }
        client.socket.send(text: MessageWriter.pong())
        guard grant != nil, prolonging == nil, failedProlongings < Self.maximumTries else { return true }
        let question = AccessQuestion(prolonging: credential, from: client.socket.peer)
        let verdict = shard.authorizer.judge(question)
        guard case .later = verdict else {
            prolong(client, by: verdict, on: shard)
            return true
        }
        guard let decision = shard.authorizer.begin(question) else { return true }
        change { $0.prolonging = decision }
        decision.start(on: shard.loop) { [shard, weak decision, place = client.socket.token] verdict in
            shard.assumeIsolated { shard in
                // Another client may have this place by now.
                guard let client = shard.clients[place], let dialect = client.dialect as? GraphQLDialect,
                    dialect.prolonging === decision
                else { return }
                dialect.change { $0.prolonging = nil }
                dialect.prolong(client, by: verdict, on: shard)
            }
        }
        return true
    }

    /// Gives a client the time of a new credential, if that is the same person's, lasts longer, and permits what runs.
    private func prolong(_ client: Client, by verdict: Authorizer.Verdict, on shard: isolated Shard) {
        guard let former = self.grant, client.socket.isOpen else { return }
        guard case .granted(let grant) = verdict, grant.isOfSameSubject(as: former) else {
            failedProlongings += 1
            return
        }
        guard (grant.expiry ?? .infinity) > (former.expiry ?? .infinity), permitsAll(client, grant, on: shard) else {
            return
        }
        admit(with: grant)
        client.limitTime(to: grant, on: shard)
    }

    private func permitsAll(_ client: Client, _ grant: Grant, on shard: isolated Shard) -> Bool {
        for subscriber in client.subscribers {
            let topic = shard.topics[subscriber.slot]
            guard let request = topic.request else {
                guard grant.allows(topic: topic.definition.name) else { return false }
                continue
            }
            // Of an allowed document the new claims have to give the same variables.
            switch shard.routes.documents.judge(request, with: grant) {
            case .permitted(let operation): guard operation.key == topic.key else { return false }
            case .refused: return false
            case .unknown: guard grant.has(.own) else { return false }
            }
        }
        return executions.isEmpty || grant.has(.execute)
    }
}
