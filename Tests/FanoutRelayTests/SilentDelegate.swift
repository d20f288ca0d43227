import WebSockets

/// Owns sockets that are never connected.
actor SilentDelegate: WebSocketDelegate {
    func received(_ bytes: Span<UInt8>, isText: Bool, on socket: WebSocket) {}
    func writable(_ socket: WebSocket) {}
    func ponged(_ socket: WebSocket) {}
    func closed(_ socket: WebSocket, _ closure: WebSocketClosure) {}
}
