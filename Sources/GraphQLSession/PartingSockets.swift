internal import WebSockets

/// Sockets that were let go and whose close handshakes are under way.
///
/// Each has the close timeout, and links may be lost faster than that: of more than a few the oldest is cut.
struct PartingSockets {
    /// How many may take their time.
    static let maximum = 8

    private var sockets: [WebSocket] = []

    var isEmpty: Bool { sockets.isEmpty }

    /// Its owner has let go of a socket.
    mutating func append(_ socket: WebSocket) {
        sockets.append(socket)
        // Its end is told later, from the loop.
        if sockets.count > Self.maximum { sockets.removeFirst().terminate() }
    }

    /// A socket is gone; true when it was one of these, and the last.
    mutating func remove(_ socket: WebSocket) -> Bool {
        guard let index = sockets.firstIndex(where: { $0 === socket }) else { return false }
        sockets.remove(at: index)
        return sockets.isEmpty
    }
}
