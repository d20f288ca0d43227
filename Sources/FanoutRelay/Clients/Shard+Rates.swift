internal import WebSockets

/// How much clients send: messages, and what libwebsockets doesn't tell of.
extension Shard {
    /// Counts a message, or a frame that counts as one; false when it closed the client.
    func countMessage(of client: Client) -> Bool {
        if client.messages.take(at: EventLoop.now, rate: admission.allowedMessageRate) { return true }
        client.stop(at: .messageRate, on: self)
        return false
    }

    func arrived(_ count: Int, isSmallFragment: Bool, on socket: WebSocket) {
        guard let client = client(of: socket) else { return }
        overhead.note(count, at: socket.token)
        if isSmallFragment { _ = countMessage(of: client) }
    }

    func ponged(_ socket: WebSocket) {
        guard let client = client(of: socket) else { return }
        // The answer to a ping of ours doesn't count.
        if case .pong = client.watch, !client.wasHeard { return client.wasHeard = true }
        client.wasHeard = true
        _ = countMessage(of: client)
    }

    /// Closes clients that send more control frames than messages are allowed; it has an effect while the loop is busy.
    func boundOverhead(at now: Duration) {
        let turn = overhead.advance(to: now, places: clients.count) { EventLoop.processorTime }
        guard let turn else { return }
        for place in stride(from: turn.first, to: clients.count, by: OverheadWatch.turns) {
            guard let client = clients[place], client.socket.isOpen, !client.socket.isStream,
                let read = client.socket.readBytes(since: overhead.lastRead(at: place))
            else { continue }
            if overhead.isExceeded(at: place, read: read, by: turn) { client.stop(at: .messageRate, on: self) }
        }
    }
}
