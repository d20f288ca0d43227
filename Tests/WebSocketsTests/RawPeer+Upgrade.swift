import TestSupport

extension RawPeer {
    /// Reads a client's handshake and answers it; returns the head that came.
    @discardableResult
    func acceptUpgrade(subprotocol: String? = nil, accept: String? = nil, followedBy frames: [UInt8] = []) throws
        -> String
    {
        let head = try receiveHead()
        let chosen = subprotocol.map { "Sec-WebSocket-Protocol: \($0)\r\n" } ?? ""
        let answer =
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            + "Sec-WebSocket-Accept: \(accept ?? AcceptKey.value(for: head.header("Sec-WebSocket-Key")))\r\n"
            + "\(chosen)\r\n"
        try send(Array(answer.utf8) + frames)
        return head
    }
}

extension String {
    /// A header's value in a head, empty when it isn't there.
    func header(_ name: String) -> String {
        let prefix = name.lowercased() + ":"
        let line = split(separator: "\r\n").first { $0.lowercased().hasPrefix(prefix) } ?? ""
        return String(line.dropFirst(prefix.count).drop { $0 == " " })
    }
}
