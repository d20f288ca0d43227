internal import Fanout
internal import GraphQLTransport
internal import Logging
internal import Synchronization
internal import WebSockets

/// What clients say, and how long they may be silent.
extension Shard: WebSocketServerDelegate {
    func decide(_ request: UpgradeRequest) -> UpgradeDecision {
        guard !isDraining else { return .refuse(status: 503, reason: "the relay is shutting down") }
        guard request.path == "/graphql" || topic(at: request.path) != nil else {
            return .refuse(status: 404, reason: "there is nothing at \(request.path.prefix(200))")
        }
        return admission.decide(request)
    }

    func opened(_ socket: WebSocket, by request: UpgradeRequest, subprotocol: String?) {
        let now = EventLoop.now
        if request.path == "/graphql" {
            let limits = ServerMachine.Limits(subscriptions: UInt32(clamping: admission.maximumSubscriptions))
            let chosen = subprotocol.flatMap(Subprotocol.init(rawValue:))
            join(
                Client(
                    socket: socket,
                    dialect: .graphQL(ServerProtocol(chosen ?? .transport, limits: limits)),
                    watch: .initialisation,
                    deadline: now + admission.initialisationTimeout
                )
            )
            if chosen == nil { refuseSubprotocol(socket) }
            return
        }
        let client = Client(
            socket: socket,
            dialect: .plain,
            watch: .idle,
            deadline: now + admission.pingInterval
        )
        join(client)
        guard subprotocol == nil || subprotocol == Self.plainSubprotocol else { return refuseSubprotocol(socket) }
        guard let topic = topic(at: request.path) else { return }
        let encoding: Encoding
        switch request.parameter("format") {
        case nil, "event"?: encoding = .event
        case "payload"?: encoding = .payload
        case let format?:
            socket.close(CloseCode.policyViolation.rawValue, "format is event or payload, not \(format)")
            return
        }
        let startPosition: StartPosition
        let lagAction: TopicDefinition.LagAction?
        do {
            startPosition = try StartPosition(after: request.parameter("after"), last: request.parameter("last"))
            lagAction = try TopicDefinition.LagAction(asked: request.parameter("lag"))
        } catch {
            socket.close(CloseCode.policyViolation.rawValue, error.allowed)
            return
        }
        let (cursor, gap) = topics[topic].cursor(for: startPosition)
        if gap != nil { statistics.unresumed.add(1, ordering: .relaxed) }
        if encoding == .event {
            greet(socket, topic: topic, gap: gap)
        } else if gap != nil {
            // Bare payloads have no words for it; a client that was closed would come back with the same token.
            statistics.untoldGaps.add(1, ordering: .relaxed)
        }
        listen(client, to: topic, as: encoding, from: cursor, lagAction)
    }

    /// Subscribes a client of a topic's path that was told how the topic is.
    func listen(
        _ client: Client,
        to topic: Int,
        as encoding: Encoding,
        from cursor: UInt64,
        _ lagAction: TopicDefinition.LagAction?
    ) {
        let subscriber = Subscriber(
            owner: client,
            topic: topic,
            encoding: encoding,
            id: "",
            prefix: [],
            cursor: cursor,
            lagAction: lagAction
        )
        subscriber.statesFrom = topics[topic].backlog.head
        add(subscriber)
    }

    /// Tells a plain client what it can't know from the events: the topic's state, and what it may have missed.
    private func greet(_ socket: WebSocket, topic: Int, gap: MissedEvents?) {
        let writer = topics[topic].writer
        socket.send(text: writer.statusMessage(topics[topic].status))
        if let gap {
            socket.send(text: writer.gapMessage(after: gap.after, reason: gap.reason))
        }
        if let errors = topics[topic].errors { socket.send(text: writer.errorMessage(errors)) }
    }

    func received(_ bytes: Span<UInt8>, isText: Bool, on socket: WebSocket) {
        guard let client = client(of: socket) else { return }
        client.wasHeard = true
        let action = client.dialect.withMachine { isText ? $0.receive(bytes) : $0.receivedBinary() }
        guard let action else {
            return socket.close(CloseCode.unsupportedData.rawValue, "nothing is taken here: subscribers only listen")
        }
        perform(action, bytes, for: client)
        followUp(client)
    }

    func writable(_ socket: WebSocket) {
        guard let client = client(of: socket) else { return }
        client.isBlocked = false
        if case .blocked = client.watch { watch(client, .idle, for: admission.pingInterval) }
        guard client.answers == nil else { return advanceAnswers(of: client) }
        flush(client)
    }

    func ponged(_ socket: WebSocket) {
        client(of: socket)?.wasHeard = true
    }

    func closed(_ socket: WebSocket, _ closure: WebSocketClosure) {
        guard let client = client(of: socket) else { return }
        logger.debug("client left", metadata: ["peer": "\(socket.peer)", "closure": "\(closure)"])
        leave(client, code: closure.ownCode ?? closure.standardCode)
    }

    func requested(_ exchange: HTTPExchange) {
        if let stream = routes.answer(exchange, on: loop) { open(stream, for: exchange) }
    }

    func refusal(of path: String, _ status: Int, _ reason: String) -> HTTPResponse {
        guard path == "/graphql" else { return .text(reason, status: status) }
        var response = RelayFailure(refusedBody: status, reason).response()
        // They are added by who refuses it.
        response.headers = []
        return response
    }

    /// The topic of a path like `/topics/NAME`.
    private func topic(at path: String) -> Int? {
        guard path.hasPrefix("/topics/") else { return nil }
        let name = path.dropFirst("/topics/".count)
        return configuredTopic(named: name)
    }

    private func refuseSubprotocol(_ socket: WebSocket) {
        let code = CloseCode.subprotocolNotAcceptable
        socket.close(code.rawValue, code.defaultReason)
    }

    /// A client's deadline passed.
    func expired(_ client: Client) {
        let socket = client.socket
        guard socket.isOpen else { return }
        if case .drain = client.watch { return sendAway(client) }
        if case .initialisation = client.watch,
            let action = client.dialect.withMachine({ $0.initialisationTimedOut() })
        {
            perform(action, Span<UInt8>(), for: client)
            if socket.isOpen { watch(client, .idle, for: admission.pingInterval) }
            return
        }
        if client.wasHeard {
            keepAlive(client)
            return watch(client, .idle, for: admission.pingInterval)
        }
        switch client.watch {
        case .idle where client.isReady:
            socket.ping()
            keepAlive(client)
            if socket.isStream { return watch(client, .idle, for: admission.pingInterval) }
            watch(client, .pong, for: admission.pongTimeout)
        case .idle:
            // A ping would only wait behind what the client doesn't read: it has until then to read something.
            _ = socket.hasAdvanced()
            watch(client, .blocked, for: timeout(with: client))
        case .blocked where socket.hasAdvanced(by: client.mayBeOvertaken ? 1 : slowestProgress):
            watch(client, .blocked, for: timeout(with: client))
        case .pong, .blocked, .initialisation, .drain:
            socket.terminate()
        }
    }

    /// How long a client may take nothing of what waits for it.
    ///
    /// One that asked to be overtaken, such as a page in the background, isn't slow: only one that is gone is cut off.
    private func timeout(with client: Client) -> Duration {
        client.mayBeOvertaken ? admission.pongTimeout * 10 : admission.pongTimeout
    }
}

extension Client {
    /// True when it asked to lose events rather than its connection.
    fileprivate var mayBeOvertaken: Bool { subscribers.first.map { $0.lagAction != nil } ?? false }
}
