internal import Fanout
internal import GraphQLTransport
internal import Synchronization
internal import WebSockets

/// One client's conversation in `graphql-transport-ws`, or the legacy `graphql-ws`.
final class GraphQLDialect: ClientDialect {
    private(set) var machine: ServerProtocol
    /// True once it asked for resume tokens, in its `connection_init`.
    private var wantsTokens = false
    /// Its queries and mutations that run, by the shard's number for them.
    var executions: [UInt64: Execution] = [:]
    /// What waits of their answers; nil while nothing does.
    var answers: AnswerLine?

    private init(_ machine: ServerProtocol) { self.machine = machine }

    /// Lets a client in, which has a while to send `connection_init`.
    static func open(_ socket: WebSocket, subprotocol: String?, on shard: isolated Shard) {
        let limits = ServerMachine.Limits(subscriptions: UInt32(clamping: shard.admission.maximumSubscriptions))
        let chosen = subprotocol.flatMap(Subprotocol.init(rawValue:))
        let client = Client(
            socket: socket,
            dialect: GraphQLDialect(ServerProtocol(chosen ?? .transport, limits: limits)),
            watch: .initialisation,
            deadline: EventLoop.now + shard.admission.initialisationTimeout
        )
        shard.join(client)
        if chosen == nil { client.refuseSubprotocol() }
    }

    func received(_ message: Span<UInt8>, isText: Bool, from client: Client, on shard: isolated Shard) {
        let action = isText ? machine.receive(message) : machine.receivedBinary()
        perform(action, message, for: client, on: shard)
        followUp(client, on: shard)
    }

    func initialisationTimedOut(_ client: Client, on shard: isolated Shard) {
        perform(machine.initialisationTimedOut(), Span(), for: client, on: shard)
    }

    /// The legacy protocol's own sign of life (L2).
    func keepAlive(_ client: Client) {
        if let text = machine.keepAlive() { client.socket.send(text: text) }
    }

    func ended(
        _ subscriber: Subscriber,
        _ reason: Subscriber.Ending.Reason,
        of client: Client,
        on shard: isolated Shard
    ) {
        switch reason {
        case .failed(let errors): reply(to: client) { $0.fail(id: subscriber.id, errors: errors) }
        case .completed: reply(to: client) { $0.finish(id: subscriber.id) }
        case .gap: break
        }
        followUp(client, on: shard)
    }

    private func perform(
        _ action: ServerAction,
        _ message: Span<UInt8>,
        for client: Client,
        on shard: isolated Shard
    ) {
        switch action {
        case .none:
            break
        case .send(let text):
            client.socket.send(text: text)
        case .initialise(let payload):
            wantsTokens = RelayExtension.asksForTokens(payload, in: message)
            let answer = wantsTokens ? RelayExtension.acknowledgement : nil
            reply(to: client) { $0.acknowledge(payload: answer) }
        case .subscribe(let id, let request):
            subscribe(id, request, for: client, on: shard)
        case .complete(let id):
            guard !shard.removeSubscriber(id, of: client) else { return }
            abandonExecution(id, on: shard)
        case .close(let code, let reason):
            client.socket.close(code.rawValue, reason)
        }
    }

    /// The further steps of the legacy protocol, such as the `ka` after the acknowledgement (L2).
    func followUp(_ client: Client, on shard: isolated Shard) {
        while let next = machine.followUp() { perform(next, Span(), for: client, on: shard) }
    }

    private func subscribe(_ id: String, _ request: GraphQLRequest, for client: Client, on shard: isolated Shard) {
        let slot: Slot
        switch shard.find(request, from: client.socket.peer) {
        case .success(let found): slot = found
        case .failure(let refusal):
            if shard.routes.allowsExecution, let queryRunner = shard.routes.queryRunner,
                let executable = refusal.executable
            {
                return execute(executable, id, for: client, by: queryRunner, on: shard)
            }
            return reply(to: client) { $0.reject(id: id, errors: refusal.errors) }
        }
        if let errors = shard.topics[slot].errors { return reply(to: client) { $0.reject(id: id, errors: errors) } }
        var startPosition = StartPosition.usual
        if wantsTokens {
            do throws(StartPositionError) {
                startPosition = try RelayExtension.startPosition(request.extensions)
            } catch {
                return reply(to: client) { $0.reject(id: id, message: "extensions.relay: \(error.allowed)") }
            }
        }
        let subscriber = Subscriber(
            owner: client,
            in: slot,
            encoding: wantsTokens ? .resumable : .graphQL,
            id: id,
            prefix: machine.resultPrefix(id: id),
            cursor: shard.topics[slot].startCursor
        )
        shard.begin(subscriber, startPosition)
        shard.add(subscriber)
    }

    /// Changes the machine, and sends what that says.
    private func reply(to client: Client, _ make: (inout ServerProtocol) -> [UInt8]?) {
        if let text = make(&machine) { client.socket.send(text: text) }
    }

    /// Ends an operation by its answer, if that is the last one.
    func messages(of entry: AnswerLine.Entry) -> [[UInt8]] { machine.messages(of: entry) }
}

extension ServerProtocol {
    /// The messages that tell of an answer, none if nobody awaits it; the operation ends with its last one.
    fileprivate mutating func messages(of entry: AnswerLine.Entry) -> [[UInt8]] {
        let id = entry.id
        switch entry.answer.content {
        case .result(let payload, _):
            return answer(id: id, payload: payload).map { [$0.result, $0.complete] } ?? []
        case .part(let payload):
            return isActive(id) ? [resultPrefix(id: id) + payload + MessageWriter.nextSuffix] : []
        case .end:
            return finish(id: id).map { [$0] } ?? []
        case .refused(let errors):
            return fail(id: id, errors: errors).map { [$0] } ?? []
        case .failure(let failure):
            return fail(id: id, errors: failure.errors).map { [$0] } ?? []
        }
    }
}
