internal import GraphQLTransport
package import WebSockets

extension DemoUpstream: WebSocketServerDelegate {
    package func decide(_ request: UpgradeRequest) -> UpgradeDecision {
        if case .refuseUpgrade(let status) = fault {
            return .refuse(status: status, reason: "refused on purpose")
        }
        guard request.path == Address.path else {
            return .refuse(status: 404, reason: "the GraphQL endpoint is \(Address.path)")
        }
        return .accept
    }

    package func opened(
        _ socket: WebSocket,
        by request: UpgradeRequest,
        _ context: UpgradeDecision.Context?,
        subprotocol: String?
    ) {
        let link = Link(socket, limits: ServerMachine.Limits(subscriptions: options.maximumOperations))
        links[ObjectIdentifier(socket)] = link
        statistics.sockets.begin()
        defer { statisticsChanged() }
        guard subprotocol != nil else {
            return close(link, .subprotocolNotAcceptable, CloseCode.subprotocolNotAcceptable.defaultReason)
        }
        let deadline = LoopTimer(on: loop) { self.initialisationTimedOut(link) }
        link.deadline = deadline
        deadline.start(after: options.initTimeout)
    }

    package func received(_ bytes: Span<UInt8>, isText: Bool, on socket: WebSocket) {
        guard let link = links[ObjectIdentifier(socket)], !link.isSilent else { return }
        let action = isText ? link.machine.receive(bytes) : link.machine.receivedBinary()
        switch action {
        case .none: break
        case .send(let message), .exceed(let message):
            link.send(message)
            deliver(link)
        case .initialise: initialise(link)
        case .subscribe(let id, _) where fault == .denyID:
            close(link, .subscriberAlreadyExists, "Subscriber for \(id) already exists")
        case .subscribe(let id, let request):
            subscribe(link, id, request)
        case .complete(let id):
            complete(link, Array(id.utf8))
        case .close(let code, let reason):
            close(link, code, reason)
        }
    }

    package func writable(_ socket: WebSocket) {
        guard let link = links[ObjectIdentifier(socket)] else { return }
        link.flush()
        if !link.isSilent, link.backlog == 0, link.hasUnpacedOperation { produceUnpaced(link) }
    }

    package func ponged(_ socket: WebSocket) {}

    package func closed(_ socket: WebSocket, _ closure: WebSocketClosure) {
        guard let link = links.removeValue(forKey: ObjectIdentifier(socket)) else { return }
        _ = link.machine.closed()
        release(link)
        statistics.sockets.end()
        statisticsChanged()
    }

    package func requested(_ exchange: HTTPExchange) {
        switch exchange.path {
        case "/":
            let text =
                "A demo GraphQL server: subscribe with graphql-transport-ws on \(Address.path).\n\n" + Schema.text
            exchange.respond(.text(text))
        case "/healthz":
            exchange.respond(.text("ok"))
        case "/stats":
            let body = Array((statistics.json + "\n").utf8)
            exchange.respond(HTTPResponse(contentType: "application/json", body: body))
        default:
            exchange.respond(.text("nothing is here; the GraphQL endpoint is \(Address.path)", status: 404))
        }
    }

    // Links.

    /// Hands what waits to the kernel, and closes a link whose client doesn't read.
    func deliver(_ link: Link) {
        link.flush()
        guard link.backlog - link.allowance > options.queueLimit, link.socket.isOpen else { return }
        statistics.slowLinks += 1
        close(link, .tryAgainLater, "too many bytes wait to be read")
    }

    /// Closes a link: the kernel gets as much as it takes, the rest of what waits is dropped.
    func close(_ link: Link, _ code: CloseCode, _ reason: String) {
        release(link)
        link.flush()
        link.forget()
        _ = link.machine.close(code)
        link.socket.close(code.rawValue, reason)
    }

    /// Ends a link's operations and its deadline; nothing more is sent to it.
    func release(_ link: Link) {
        link.deadline?.close()
        link.deadline = nil
        for (id, feed) in link.removeAll() { leave(feed, id, link) }
        statisticsChanged()
    }

    private func initialise(_ link: Link) {
        link.deadline?.close()
        link.deadline = nil
        switch fault {
        case .refuseInit:
            return close(link, .forbidden, CloseCode.forbidden.defaultReason)
        case .closeBeforeAck(let code):
            return close(link, CloseCode(rawValue: code), "closed on purpose")
        case .neverAcknowledge:
            return
        case .acknowledgeLate(let wait):
            let timer = LoopTimer(on: loop) { self.acknowledge(link) }
            link.deadline = timer
            return timer.start(after: wait)
        case .nextBeforeAck:
            link.send(MessageWriter.next(id: Self.unusedID, payload: Self.nothing))
        case .none, .refuseUpgrade, .silent, .garbage, .invalidMessage, .unknownType, .unknownID, .binary, .endTwice,
            .denyID, .hugePayload, .oversized:
            break
        }
        acknowledge(link)
    }

    private func acknowledge(_ link: Link) {
        link.deadline?.close()
        link.deadline = nil
        guard let acknowledgement = link.machine.acknowledge() else { return }
        link.send(acknowledgement)
        deliver(link)
        misbehave(link)
    }

    private func initialisationTimedOut(_ link: Link) {
        if case .close(let code, let reason) = link.machine.initialisationTimedOut() { close(link, code, reason) }
    }
}
