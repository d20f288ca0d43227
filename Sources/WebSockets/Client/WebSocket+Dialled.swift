/// A socket that was dialled, and what carries it.
extension WebSocket {
    /// The handshake is complete.
    func opened(over descriptor: Int32, subprotocol: String?) {
        let client = handshake?.client
        open(over: descriptor)
        client?.succeeded(self, subprotocol: subprotocol)
    }

    /// Its connection is over; `failure` says why the dial came to nothing, if it did.
    func released(_ failure: WebSocketError?) {
        let client = handshake?.client
        released()
        // It and its connection held each other.
        connection = nil
        client?.failed(failure ?? .dialFailed(reason: "can't connect to \(peer)", status: nil))
    }

    /// The kernel has room for more of what waits.
    func hasRoom() {
        guard phase != .closed, let connection else { return }
        flush(connection)
        guard phase == .open, control.isEmpty else { return }
        delegate.onLoop { $0.writable(self) }
    }

    /// Hands over what the kernel takes of what waits.
    func flush(_ connection: ClientConnection) {
        while !control.isEmpty {
            let start = Int(sentOfControl)
            let sent = unsafe control.withUnsafeBytes { unsafe connection.send(.init(rebasing: $0[start...])) }
            guard let sent else { return terminate() }
            if sent == 0 { break }
            sentOfControl += UInt32(clamping: sent)
            guard Int(sentOfControl) < control.count else {
                control.removeAll(keepingCapacity: false)
                sentOfControl = 0
                break
            }
        }
        // Each byte is moved once at most.
        if Int(sentOfControl) > control.count / 2 {
            control.removeFirst(Int(sentOfControl))
            sentOfControl = 0
        }
        connection.awaitRoom(!control.isEmpty)
    }
}
