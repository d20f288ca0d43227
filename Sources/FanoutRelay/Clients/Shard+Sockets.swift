internal import Fanout
internal import GraphQLTransport
internal import Logging
internal import WebSockets

/// What the sockets of clients report.
extension Shard: WebSocketServerDelegate {
    func decide(_ request: UpgradeRequest) -> UpgradeDecision {
        let decision = isDraining ? .refuse(status: 503, reason: "the relay is shutting down") : door.decide(request)
        if case .refuse(let status, let reason, _) = decision { logger.refused(request.peer, status, reason) }
        return decision
    }

    func opened(
        _ socket: WebSocket,
        by request: UpgradeRequest,
        _ context: UpgradeDecision.Context?,
        subprotocol: String?
    ) {
        // `decide` lets nobody else in.
        guard let entrance = context as? Entrance else { return socket.terminate() }
        switch (door.route(at: request.path), entrance.grant) {
        case (.graphQL, _): GraphQLDialect.open(socket, subprotocol: subprotocol, entrance, on: self)
        case (.topic(let topic), let grant?):
            guard let slot = demand.slot(of: topic) else { return socket.terminate() }
            PlainDialect.open(socket, by: request, subprotocol: subprotocol, grant, on: self) { _ in slot }
        case (.document, let grant?):
            guard let operation = entrance.operation else { return socket.terminate() }
            PlainDialect.open(socket, by: request, subprotocol: subprotocol, grant, on: self) {
                $0.join(operation, from: socket.peer)
            }
        case (.topic, nil), (.document, nil), (.missingTopic, nil):
            guard let question = entrance.question else { return socket.terminate() }
            PendingTopicDialect.open(socket, by: request, subprotocol: subprotocol, question, on: self)
        default: socket.terminate()
        }
    }

    func received(_ bytes: Span<UInt8>, isText: Bool, on socket: WebSocket) {
        guard let client = client(of: socket) else { return }
        client.wasHeard = true
        guard countMessage(of: client) else { return }
        client.dialect.received(bytes, isText: isText, from: client, on: self)
    }

    func writable(_ socket: WebSocket) {
        guard let client = client(of: socket) else { return }
        client.isBlocked = false
        if case .blocked = client.watch { client.watch(.idle, for: admission.pingInterval, on: self) }
        client.dialect.writable(client, on: self)
    }

    func closed(_ socket: WebSocket, _ closure: WebSocketClosure) {
        guard let client = client(of: socket) else { return }
        logger.left(client, closure)
        leave(client, code: closure.ownCode ?? closure.standardCode)
    }

    func requested(_ exchange: HTTPExchange) { answer(exchange, nil) }

    /// Answers a request, over whose client is decided already or isn't.
    private func answer(_ exchange: HTTPExchange, _ verdict: Authorizer.Verdict?) {
        switch routes.answer(exchange, on: loop, verdict) {
        case .begun: break
        case .stream(let request): EventStreamDialect.open(request, for: exchange, on: self)
        case .undecided(let question): decide(question, over: exchange)
        }
    }

    private func decide(_ question: AccessQuestion, over exchange: HTTPExchange) {
        guard let decision = authorizer.begin(question) else {
            return answer(exchange, .refused(authorizer.refuseForLackOfPlaces()))
        }
        exchange.whenClientLeaves { decision.cancel() }
        decision.start(on: loop) { [self] verdict in assumeIsolated { $0.answer(exchange, verdict) } }
    }

    func bodyRefused(_ reason: BodyRefusal) { statistics.refused(reason) }

    func refusal(of path: String, _ status: Int, _ reason: String) -> HTTPResponse {
        guard case .graphQL = routes.route(at: path) else { return .text(reason, status: status) }
        var response = RelayFailure(refusedBody: status, reason).response()
        // The caller adds the headers.
        response.headers = []
        return response
    }
}
