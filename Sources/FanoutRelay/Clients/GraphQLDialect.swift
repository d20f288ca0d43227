internal import AccessTokens
internal import Fanout
internal import GraphQLTransport
internal import Synchronization
internal import WebSockets

/// One client's conversation in `graphql-transport-ws`, or the legacy `graphql-ws`.
final class GraphQLDialect: ClientDialect {
    /// How far it has come with who it is.
    enum Standing {
        /// Its `connection_init` isn't there, which may say something else than its handshake.
        case entering(Entrance)
        /// It waits for a decision.
        case pending(PendingDecision)
        /// It is in, and may have this.
        case admitted(Grant)
        /// The same, while something is under way for it.
        case busy(ClientWork)
        case turnedAway
    }

    var spoken: ClientProtocol {
        switch machine {
        case .transport: .transport
        case .legacy: .legacy
        }
    }

    // Its last members are small, and what follows shares their word.
    private(set) var machine: ServerProtocol
    /// How many credentials with which it wanted to stay longer were no good.
    var failedProlongings: UInt8 = 0
    /// True once it asked for resume tokens, in its `connection_init`.
    private var wantsTokens = false
    /// How many operations it has begun within this second.
    private var begun = RateWindow()
    var standing: Standing
    /// What it may have; nil unless it is in.
    var grant: Grant? {
        switch standing {
        case .admitted(let grant): grant
        case .busy(let work): work.grant
        case .entering, .pending, .turnedAway: nil
        }
    }
    /// What is under way for it; nil while nothing is.
    private var work: ClientWork? { if case .busy(let work) = standing { work } else { nil } }
    /// Its queries and mutations that run, by the number that the shard gave them.
    var executions: [UInt64: ClientWork.Execution] { work?.executions ?? [:] }
    /// Their answers that wait for the socket; nil while none does.
    var answers: AnswerLine? { work?.answers }
    /// The decision over a credential with which it wants to stay longer.
    var prolonging: PendingDecision? { work?.prolonging }

    /// Changes what is under way, and lets go of it when that was all; without effect unless the client is in.
    func change(_ body: (ClientWork) -> Void) {
        guard let grant else { return }
        let work = work ?? ClientWork(grant)
        body(work)
        standing = work.isEmpty ? .admitted(work.grant) : .busy(work)
    }

    /// Notes what a client may have that is in.
    func admit(with grant: Grant) {
        if let work { work.grant = grant } else { standing = .admitted(grant) }
    }

    private init(_ machine: ServerProtocol, _ entrance: Entrance) {
        self.machine = machine
        standing = .entering(entrance)
    }

    /// Accepts a client, which has the initialisation timeout to send `connection_init`.
    static func open(_ socket: WebSocket, subprotocol: String?, _ entrance: Entrance, on shard: isolated Shard) {
        let limits = ServerMachine.Limits(subscriptions: UInt32(clamping: shard.admission.maximumSubscriptions))
        let chosen = subprotocol.flatMap(Subprotocol.init(rawValue:))
        let client = Client(
            socket: socket,
            dialect: GraphQLDialect(ServerProtocol(chosen ?? .transport, limits: limits), entrance),
            watch: .initialisation,
            deadline: EventLoop.now + shard.admission.initialisationTimeout
        )
        shard.join(client, at: "/graphql")
        // It may end before `connection_init` comes.
        if let grant = entrance.grant { client.limit(to: grant, on: shard) }
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

    /// Sends the legacy protocol's keep-alive message (L2).
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
            if !prolongs(message, client, on: shard) { client.socket.send(text: text) }
        case .initialise(let payload):
            wantsTokens = RelayMembers.hasTokens(payload, in: message)
            judge(payload, in: message, client, on: shard)
        case .exceed(let text):
            shard.statistics.met(.operations)
            client.socket.send(text: text)
        case .subscribe(let id, let request):
            subscribe(id, request, for: client, on: shard)
        case .complete(let id):
            if let subscriber = client.subscribers.first(where: { $0.id.utf8.elementsEqual(id.utf8) }) {
                shard.logger.ended(subscriber, of: shard.topics[subscriber.slot].definition, by: .client)
            }
            guard !shard.removeSubscriber(id, of: client) else { return }
            abandonExecution(id, on: shard)
        case .close(let code, let reason):
            client.socket.close(code.rawValue, reason)
        }
    }

    /// Lets the client in, or not.
    func letIn(_ verdict: Authorizer.Verdict, _ client: Client, on shard: isolated Shard) {
        let refusal: AccessRefusal
        switch verdict {
        case .granted(let granted):
            admit(with: granted)
            client.limit(to: granted, on: shard)
            let answer = wantsTokens ? RelayMembers.tokens : nil
            return reply(to: client) { $0.acknowledge(payload: answer) }
        case .absent, .later: refusal = shard.authorizer.refuse(.absent)
        case .refused(let reason): refusal = reason
        }
        turnAway(client, refusal, on: shard)
    }

    /// Turns a client away whose `connection_init` is unanswered.
    func turnAway(_ client: Client, _ refusal: AccessRefusal, on shard: isolated Shard) {
        standing = .turnedAway
        let action = machine.refuse(refusal.closeCode, reason: refusal.closeReason)
        perform(action, Span(), for: client, on: shard)
    }

    /// The further steps of the legacy protocol, such as the `ka` after the acknowledgement (L2).
    func followUp(_ client: Client, on shard: isolated Shard) {
        while let next = machine.followUp() { perform(next, Span(), for: client, on: shard) }
    }

    private func subscribe(_ id: String, _ request: GraphQLRequest, for client: Client, on shard: isolated Shard) {
        guard let grant else { return }
        let rate = shard.admission.allowedSubscribeRate
        guard begun.take(at: EventLoop.now, rate: rate) else {
            shard.statistics.met(.subscribeRate)
            return reply(to: client) { $0.reject(id: id, message: "more than \(rate) operations within a second") }
        }
        let slot: Slot
        switch shard.find(request, from: client.socket.peer, with: grant) {
        case .success(let found): slot = found
        case .failure(let refusal):
            if let executable = refusal.executable, grant.has(.execute),
                shard.routes.allowsExecution || executable.isAllowed, let queryRunner = shard.routes.queryRunner
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
            cursor: 0
        )
        shard.begin(subscriber, startPosition)
        shard.add(subscriber)
    }

    /// Sends the message that a step of the machine returns.
    private func reply(to client: Client, _ make: (inout ServerProtocol) -> [UInt8]?) {
        if let text = make(&machine) { client.socket.send(text: text) }
    }

    /// The messages for an answer; the machine ends the operation with its last one.
    func messages(of entry: AnswerLine.Entry) -> [[UInt8]] { machine.messages(of: entry) }
}

extension ServerProtocol {
    /// The messages for an answer; none when nobody awaits it.
    ///
    /// The operation ends with its last one.
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
