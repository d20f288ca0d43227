internal import GraphQLTransport
internal import Logging
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
            join(
                Client(
                    socket: socket,
                    dialect: .graphQL(ServerMachine(limits: limits)),
                    watch: .initialisation,
                    deadline: now + admission.initialisationTimeout
                )
            )
            if subprotocol != "graphql-transport-ws" { refuseSubprotocol(socket) }
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
        if encoding == .event {
            socket.send(text: topics[topic].writer.statusMessage(topics[topic].status))
            if let errors = topics[topic].errors { socket.send(text: topics[topic].writer.errorMessage(errors)) }
        }
        add(
            Subscriber(
                client: client,
                topic: topic,
                encoding: encoding,
                id: "",
                prefix: [],
                cursor: topics[topic].joiningCursor
            )
        )
    }

    func received(_ bytes: Span<UInt8>, isText: Bool, on socket: WebSocket) {
        guard let client = client(of: socket) else { return }
        client.wasHeard = true
        switch client.dialect {
        case .plain:
            socket.close(CloseCode.unsupportedData.rawValue, "nothing is taken here: subscribers only listen")
        case .graphQL(var machine):
            // Taken out, so that the machine's ids aren't copied.
            client.dialect = .plain
            let action = isText ? machine.receive(bytes) : machine.receivedBinary()
            client.dialect = .graphQL(machine)
            perform(action, bytes, for: client)
        }
    }

    func writable(_ socket: WebSocket) {
        guard let client = client(of: socket) else { return }
        client.isBlocked = false
        if case .blocked = client.watch { watch(client, .idle, for: admission.pingInterval) }
        flush(client)
    }

    func ponged(_ socket: WebSocket) {
        client(of: socket)?.wasHeard = true
    }

    func closed(_ socket: WebSocket, _ closure: WebSocketClosure) {
        guard let client = client(of: socket) else { return }
        logger.debug("client left", metadata: ["peer": "\(socket.peer)", "closure": "\(closure)"])
        leave(client, code: closure.ownCode ?? closure.code)
    }

    func requested(_ exchange: HTTPExchange) { exchange.respond(routes.response(to: exchange)) }

    /// The topic of a path like `/topics/NAME`.
    private func topic(at path: String) -> Int? {
        guard path.hasPrefix("/topics/") else { return nil }
        let name = path.dropFirst("/topics/".count)
        return topics.firstIndex { $0.definition.name == name }
    }

    private func refuseSubprotocol(_ socket: WebSocket) {
        let code = CloseCode.subprotocolNotAcceptable
        socket.close(code.rawValue, code.defaultReason)
    }

    /// A client's deadline passed.
    func expired(_ client: Client) {
        let socket = client.socket
        guard socket.isOpen else { return }
        if case .drain = client.watch {
            socket.close(CloseCode.goingAway.rawValue, CloseCode.goingAway.defaultReason)
            return
        }
        if case .initialisation = client.watch, case .graphQL(var machine) = client.dialect {
            let action = machine.initialisationTimedOut()
            client.dialect = .graphQL(machine)
            perform(action, Span<UInt8>(), for: client)
            if socket.isOpen { watch(client, .idle, for: admission.pingInterval) }
            return
        }
        if client.wasHeard { return watch(client, .idle, for: admission.pingInterval) }
        switch client.watch {
        case .idle where client.isReady:
            socket.ping()
            watch(client, .pong, for: admission.pongTimeout)
        case .idle:
            // A ping would only wait behind what the client doesn't read: it has until then to read something.
            watch(client, .blocked, for: admission.pongTimeout)
        case .pong, .blocked, .initialisation, .drain:
            socket.terminate()
        }
    }
}

/// graphql-transport-ws.
extension Shard {
    private func perform(_ action: ServerAction, _ message: Span<UInt8>, for client: Client) {
        switch action {
        case .none:
            break
        case .send(let text):
            client.socket.send(text: text)
        case .initialise:
            reply(to: client) { $0.acknowledge() }
        case .subscribe(let id, let request):
            subscribe(client, id, request, message)
        case .complete(let id):
            drop(id, of: client)
        case .close(let code, let reason):
            client.socket.close(code.rawValue, reason)
        }
    }

    private func subscribe(_ client: Client, _ id: String, _ request: SubscribeRequest, _ message: Span<UInt8>) {
        let index: Int
        switch find(request, message) {
        case .success(let found): index = found
        case .failure(let refusal):
            reply(to: client) { $0.fail(id: id, message: refusal.description) }
            return
        }
        if let errors = topics[index].errors {
            reply(to: client) { $0.fail(id: id, errors: errors) }
            return
        }
        add(
            Subscriber(
                client: client,
                topic: index,
                encoding: .graphQL,
                id: id,
                prefix: MessageWriter.nextPrefix(id: id),
                cursor: topics[index].joiningCursor
            )
        )
    }

    /// The client ended an operation.
    private func drop(_ id: String, of client: Client) {
        guard let place = client.subscribers.firstIndex(where: { $0.id.utf8.elementsEqual(id.utf8) }) else { return }
        remove(client.subscribers[place])
        client.subscribers.remove(at: place)
    }

    /// The upstream refused a topic: its GraphQL subscribers end with its errors, plain ones are told and stay.
    func fail(_ topic: Int, _ errors: [UInt8]) {
        topics[topic].errors = errors
        let text = topics[topic].writer.errorMessage(errors)
        for subscriber in topics[topic].subscribers {
            let client = subscriber.client
            switch subscriber.encoding {
            case .event:
                client.socket.send(text: text)
            case .payload:
                break
            case .graphQL:
                reply(to: client) { $0.fail(id: subscriber.id, errors: errors) }
                drop(subscriber.id, of: client)
            }
        }
    }

    private func reply(to client: Client, _ make: (inout ServerMachine) -> [UInt8]?) {
        guard case .graphQL(var machine) = client.dialect else { return }
        client.dialect = .plain
        let text = make(&machine)
        client.dialect = .graphQL(machine)
        if let text { client.socket.send(text: text) }
    }
}
