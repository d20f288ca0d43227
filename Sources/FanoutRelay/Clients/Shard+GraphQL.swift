internal import Fanout
internal import GraphQLTransport
internal import Synchronization
internal import WebSockets

/// graphql-transport-ws, and the legacy graphql-ws.
extension Shard {
    func perform(_ action: ServerAction, _ message: Span<UInt8>, for client: Client) {
        switch action {
        case .none:
            break
        case .send(let text):
            client.socket.send(text: text)
        case .initialise(let payload):
            client.wantsTokens = RelayExtension.asksForTokens(payload, in: message)
            let answer = client.wantsTokens ? RelayExtension.acknowledgement : nil
            reply(to: client) { $0.acknowledge(payload: answer) }
        case .subscribe(let id, let request):
            subscribe(client, id, request)
        case .complete(let id):
            drop(id, of: client)
        case .close(let code, let reason):
            client.socket.close(code.rawValue, reason)
        }
    }

    /// The further steps of the legacy protocol, such as the `ka` after the acknowledgement (L2).
    func followUp(_ client: Client) {
        while let next = client.dialect.withMachine({ $0.followUp() }) ?? nil { perform(next, Span(), for: client) }
    }

    /// The legacy protocol's own sign of life (L2).
    func keepAlive(_ client: Client) {
        guard case .graphQL(let machine) = client.dialect, let text = machine.keepAlive() else { return }
        client.socket.send(text: text)
    }

    private func subscribe(_ client: Client, _ id: String, _ request: GraphQLRequest) {
        let index: Int
        switch find(request, from: client.socket.peer) {
        case .success(let found): index = found
        case .failure(let refusal):
            if routes.allowsExecution, let queryRunner = routes.queryRunner, let executable = refusal.executable {
                return execute(executable, id, for: client, by: queryRunner)
            }
            return reply(to: client) { $0.reject(id: id, message: refusal.description) }
        }
        if let errors = topics[index].errors { return reply(to: client) { $0.reject(id: id, errors: errors) } }
        guard case .graphQL(let machine) = client.dialect else { return }
        var startPosition = StartPosition.usual
        if client.wantsTokens {
            do throws(StartPositionError) {
                startPosition = try RelayExtension.startPosition(request.extensions)
            } catch {
                return reply(to: client) { $0.reject(id: id, message: "extensions.relay: \(error.allowed)") }
            }
        }
        let subscriber = Subscriber(
            owner: client,
            topic: index,
            encoding: client.wantsTokens ? .resumable : .graphQL,
            id: id,
            prefix: machine.resultPrefix(id: id),
            cursor: topics[index].startCursor
        )
        begin(subscriber, startPosition)
        add(subscriber)
    }

    /// Gives an operation its place, once the topic is there, and tells a client with tokens where that is, so that it
    /// can resume before the first event.
    func begin(_ subscriber: Subscriber, _ startPosition: StartPosition) {
        let place = subscriber.topic
        if topics[place].isAwaited { return topics[place].postpone(subscriber, startPosition) }
        let topic = topics[place]
        let (cursor, gap) = topic.cursor(for: startPosition)
        topic.begin(subscriber, at: cursor)
        // Who resumes has had events, on another connection.
        if case .after = startPosition, gap == nil { subscriber.begunBehind = 0 }
        guard subscriber.hasTokens else { return }
        let last = topic.backlog.sequence(before: cursor)
        let payload: [UInt8]
        if let gap {
            statistics.unresumed.add(1, ordering: .relaxed)
            payload = topic.tokenWriter.gap(after: gap.after, until: last, reason: gap.reason)
        } else {
            payload = topic.tokenWriter.opening(at: last)
        }
        subscriber.client.socket.send(text: subscriber.message(payload))
    }

    /// The client ended an operation.
    private func drop(_ id: String, of client: Client) {
        guard let place = client.subscribers.firstIndex(where: { $0.id.utf8.elementsEqual(id.utf8) }) else {
            return abandonExecution(id, of: client)
        }
        remove(client.subscribers[place])
        client.subscribers.remove(at: place)
    }

    /// Ends the operations that the upstream ended, and the clients that can't be told of a gap, when all that came
    /// before was delivered.
    func finishEnded(_ client: Client) {
        for subscriber in client.subscribers {
            guard let ending = subscriber.ending, subscriber.cursor >= ending.position else { continue }
            if case .gap = ending.reason { return closeAtGap(client) }
            drop(subscriber.id, of: client)
            if client.socket.isStream {
                end(client, ending.reason)
                continue
            }
            reply(to: client) { machine in
                switch ending.reason {
                case .failed(let errors): machine.fail(id: subscriber.id, errors: errors)
                case .completed: machine.finish(id: subscriber.id)
                case .gap: nil
                }
            }
            followUp(client)
        }
    }

    /// Has a client come back that can't be told what it lacks.
    func closeAtGap(_ client: Client) {
        client.socket.close(CloseCode.serviceRestart.rawValue, "Events may be missing: ask anew")
    }

    func reply(to client: Client, _ make: (inout ServerProtocol) -> [UInt8]?) {
        if let text = client.dialect.withMachine(make) ?? nil { client.socket.send(text: text) }
    }
}
