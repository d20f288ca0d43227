internal import Fanout
internal import GraphQLTransport
internal import Logging
internal import WebSockets

/// What clients' sockets tell.
extension Shard: WebSocketServerDelegate {
    func decide(_ request: UpgradeRequest) -> UpgradeDecision {
        guard !isDraining else { return .refuse(status: 503, reason: "the relay is shutting down") }
        switch routes.route(at: request.path) {
        case .graphQL, .topic: return admission.decide(request)
        case .namedQuery, .page, .probe, nil:
            return .refuse(status: 404, reason: "there is nothing at \(request.path.prefix(200))")
        }
    }

    func opened(_ socket: WebSocket, by request: UpgradeRequest, subprotocol: String?) {
        switch routes.route(at: request.path) {
        case .graphQL: GraphQLDialect.open(socket, subprotocol: subprotocol, on: self)
        case .topic(let slot): PlainDialect.open(socket, slot, by: request, subprotocol: subprotocol, on: self)
        case .namedQuery, .page, .probe, nil: socket.terminate()
        }
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
        // They are added by who refuses it.
        response.headers = []
        return response
    }
}
