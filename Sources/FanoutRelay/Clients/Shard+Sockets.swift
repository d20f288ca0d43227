internal import AccessTokens
internal import Fanout
internal import GraphQLTransport
internal import Logging
internal import WebSockets

/// What the sockets of clients report.
extension Shard: WebSocketServerDelegate {
    func decide(_ request: UpgradeRequest) -> UpgradeDecision {
        guard !isDraining else { return .refuse(status: 503, reason: "the relay is shutting down") }
        let route = routes.route(at: request.path)
        switch route {
        case .graphQL, .topic:
            guard case .accept = admission.decide(request) else { return admission.decide(request) }
            switch access(of: request, to: route) {
            case .granted: return .accept
            // It may come in `connection_init`.
            case .absent where route == .graphQL: return .accept
            case .absent: return authorizer.refuse(TokenRefusal.absent).decision
            case .refused(let refusal): return refusal.decision
            }
        case .namedQuery, .page, .probe, nil:
            return .refuse(status: 404, reason: "there is nothing at \(request.path.prefix(200))")
        }
    }

    func opened(_ socket: WebSocket, by request: UpgradeRequest, subprotocol: String?) {
        let route = routes.route(at: request.path)
        let grant: Grant? = if case .granted(let grant) = access(of: request, to: route) { grant } else { nil }
        switch route {
        case .graphQL: GraphQLDialect.open(socket, subprotocol: subprotocol, grant, on: self)
        case .topic(let slot):
            PlainDialect.open(socket, slot, by: request, subprotocol: subprotocol, grant, on: self)
        case .namedQuery, .page, .probe, nil: socket.terminate()
        }
    }

    /// What a handshake's credential is good for at a path.
    private func access(of request: UpgradeRequest, to route: Route?) -> Authorizer.Verdict {
        guard !authorizer.isOpen else { return .granted(.everything) }
        let credential = Credential(
            authorization: request.authorization,
            cookie: request.cookie,
            ticket: request.parameter(Credential.ticketParameter),
            cookieName: authorizer.cookieName
        )
        let verdict = authorizer.judge(credential)
        guard case .granted(let grant) = verdict, case .topic(let slot) = route,
            !grant.allows(topic: topics[slot].definition.name)
        else { return verdict }
        return .refused(authorizer.refuse(.forbiddenTopic))
    }

    func received(_ bytes: Span<UInt8>, isText: Bool, on socket: WebSocket) {
        guard let client = client(of: socket) else { return }
        client.wasHeard = true
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

    func requested(_ exchange: HTTPExchange) {
        guard let stream = routes.answer(exchange, on: loop) else { return }
        EventStreamDialect.open(stream, for: exchange, on: self)
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
