internal import GraphQLTransport
package import WebSockets

/// The loop's calls.
extension PermanentSession: WebSocketClientDelegate {
    package func dialled(_ socket: WebSocket, subprotocol: String?) {
        guard ending == nil, self.socket == nil else { return socket.terminate() }
        client = nil
        self.socket = socket
        let payload = initPayload
        initPayload = nil
        perform(machine.opened(subprotocol: subprotocol, initPayload: payload, at: EventLoop.now), Span<UInt8>())
    }

    package func dialFailed(_ client: WebSocketClient, _ error: WebSocketError) {
        guard client === self.client else { return }
        perform(machine.failed(LinkFailure(dialling: error), at: EventLoop.now), Span<UInt8>())
    }

    package func advanced(_ socket: WebSocket) {
        guard socket === self.socket else { return }
        machine.advanced(at: EventLoop.now)
        arm(for: machine.deadline)
    }

    package func received(_ bytes: Span<UInt8>, isText: Bool, on socket: WebSocket) {
        guard socket === self.socket else { return }
        perform(machine.received(bytes, isText: isText, at: EventLoop.now), bytes)
    }

    package func skipped(
        _ piece: Span<UInt8>,
        isFirst: Bool,
        isFinal: Bool,
        isText: Bool,
        on socket: WebSocket
    ) {
        guard socket === self.socket else { return }
        if isFirst { passing = MessageSketcher() }
        passing.take(piece)
        guard isFinal else { return }
        perform(machine.skipped(passing.sketch, at: EventLoop.now), Span<UInt8>())
    }

    package func writable(_ socket: WebSocket) {}

    package func ponged(_ socket: WebSocket) {
        guard socket === self.socket else { return }
        machine.ponged(at: EventLoop.now)
        tellRoundTrip()
        // The next probe may be due before the time that the answer to this one had.
        arm(for: machine.deadline)
    }

    /// Tells the owner how long an answer of the server took, if one has come.
    func tellRoundTrip() {
        if let time = machine.takeRoundTrip() { roundTrip?(time) }
    }

    package func closed(_ socket: WebSocket, _ closure: WebSocketClosure) {
        if parting.remove(socket) { stopLoop() }
        guard socket === self.socket else { return }
        self.socket = nil
        lose(closure)
    }

    package func closing(_ socket: WebSocket, _ closure: WebSocketClosure) {
        guard socket === self.socket else { return }
        self.socket = nil
        parting.append(socket)
        lose(closure)
    }

    private func lose(_ closure: WebSocketClosure) {
        let failure: LinkFailure =
            switch (closure.ownCode, closure.code) {
            // The server's answer to our close says nothing new.
            case (let code?, _): .dropped(code: CloseCode(rawValue: code), reason: closure.reason)
            case (nil, let code?): .closed(code: CloseCode(rawValue: code), reason: closure.reason)
            case (nil, nil): .lost(reason: closure.reason)
            }
        perform(machine.failed(failure, at: EventLoop.now), Span<UInt8>())
    }
}
