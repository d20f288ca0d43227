internal import AccessTokens
internal import AllowedDocuments
internal import Fanout
internal import GraphQLTransport
internal import Logging
internal import WebSockets
internal import Wire

/// What the sockets of clients report.
extension Shard: WebSocketServerDelegate {
    func decide(_ request: UpgradeRequest) -> UpgradeDecision {
        guard !isDraining else { return .refuse(status: 503, reason: "the relay is shutting down") }
        let route = routes.route(at: request.path)
        switch route {
        case .graphQL, .topic, .document:
            let decision = routes.admission(of: request.binding, usesHTTPS: request.usesHTTPS).decide(request)
            guard case .accept = decision else { return decision }
            return enter(request, route)
        case .namedQuery, .documentQuery, .page, .probe, nil:
            return .refuse(status: 404, reason: "there is nothing at \(request.path.prefix(200))")
        }
    }

    /// Decides over a handshake by its credential, and remembers what that is good for.
    ///
    /// libwebsockets can't wait here: where the decision takes time, the handshake is completed, and the client waits.
    private func enter(_ request: UpgradeRequest, _ route: Route?) -> UpgradeDecision {
        let name: String? =
            switch route {
            case .topic(let slot): topics[slot].definition.name
            case .document(let index): routes.documents.table.documents[index].name
            case .graphQL, .namedQuery, .documentQuery, .page, .probe, nil: nil
            }
        let question = AccessQuestion(
            request,
            topics: name.map { [$0] } ?? [],
            cookieName: authorizer.cookieName
        )
        switch authorizer.judge(question, mayComeLater: route == .graphQL) {
        case .granted(let grant):
            if case .topic = route, let name, !grant.allows(topic: name) {
                return authorizer.refuse(.forbiddenTopic).decision
            }
            guard hasRoom(for: grant) else {
                return .refuse(
                    status: 429,
                    reason: Self.subjectRefusal,
                    headers: [HTTPField(name: "Retry-After", value: "5")]
                )
            }
            guard case .document(let index) = route else { return .accept(context: Entrance(question, grant)) }
            switch routes.documents.judge(index, parameter: request.parameter("variables"), with: grant) {
            case .permitted(let operation): return .accept(context: Entrance(question, grant, operation))
            case .refused(let denial): return denial.decision
            case .unknown: return .refuse(status: 404, reason: "there is nothing here")
            }
        case .later: return .accept(context: Entrance(question, nil))
        // It may come in `connection_init`.
        case .absent where route == .graphQL: return .accept(context: Entrance(question, nil))
        case .absent: return authorizer.refuse(.absent).decision
        case .refused(let refusal): return refusal.decision
        }
    }

    func opened(_ socket: WebSocket, by request: UpgradeRequest, subprotocol: String?) {
        // `decide` lets nobody else in.
        guard let entrance = request.context as? Entrance else { return socket.terminate() }
        switch (routes.route(at: request.path), entrance.grant) {
        case (.graphQL, _): GraphQLDialect.open(socket, subprotocol: subprotocol, entrance, on: self)
        case (.topic(let slot), let grant?):
            PlainDialect.open(socket, by: request, subprotocol: subprotocol, grant, on: self) { _ in slot }
        case (.document, let grant?):
            guard let operation = entrance.operation else { return socket.terminate() }
            PlainDialect.open(socket, by: request, subprotocol: subprotocol, grant, on: self) {
                $0.join(operation, from: socket.peer)
            }
        case (.topic, nil), (.document, nil):
            PendingTopicDialect.open(socket, by: request, subprotocol: subprotocol, entrance.question, on: self)
        case (.namedQuery, _), (.documentQuery, _), (.page, _), (.probe, _), (nil, _): socket.terminate()
        }
    }

    func received(_ bytes: Span<UInt8>, isText: Bool, on socket: WebSocket) {
        guard let client = client(of: socket) else { return }
        client.wasHeard = true
        guard client.messages.take(at: EventLoop.now, rate: admission.allowedMessageRate) else {
            return stop(client, at: .messageRate)
        }
        client.dialect.received(bytes, isText: isText, from: client, on: self)
    }

    func writable(_ socket: WebSocket) {
        guard let client = client(of: socket) else { return }
        client.isBlocked = false
        if case .blocked = client.watch { watch(client, .idle, for: admission.pingInterval) }
        client.dialect.writable(client, on: self)
    }

    func ponged(_ socket: WebSocket) {
        client(of: socket)?.wasHeard = true
    }

    func closed(_ socket: WebSocket, _ closure: WebSocketClosure) {
        guard let client = client(of: socket) else { return }
        logger.debug("client left", metadata: ["peer": "\(socket.peer)", "closure": "\(closure)"])
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

    func refusal(of path: String, _ status: Int, _ reason: String) -> HTTPResponse {
        guard case .graphQL = routes.route(at: path) else { return .text(reason, status: status) }
        var response = RelayFailure(refusedBody: status, reason).response()
        // The caller adds the headers.
        response.headers = []
        return response
    }
}

extension AccessRefusal {
    /// The answer to a handshake.
    fileprivate var decision: UpgradeDecision { .refuse(status: status, reason: reason, headers: headers) }
}
