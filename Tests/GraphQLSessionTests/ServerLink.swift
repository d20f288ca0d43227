import WebSockets

/// The server's end of one link: the test reads what arrives, in order, and says what is sent.
final class ServerLink: Sendable {
    enum Arrival: Sendable, Equatable {
        case text(String)
        case closed(WebSocketClosure)
    }

    let request: UpgradeRequest
    private let socket: WebSocket
    private let loop: EventLoop
    private let arrivals: AsyncStream<Arrival>
    private let arrived: AsyncStream<Arrival>.Continuation

    init(_ socket: WebSocket, by request: UpgradeRequest, on loop: EventLoop) {
        self.socket = socket
        self.request = request
        self.loop = loop
        (arrivals, arrived) = AsyncStream.makeStream()
    }

    func took(_ arrival: Arrival) { arrived.yield(arrival) }

    /// What arrives next, or has arrived and wasn't read.
    func next() async -> Arrival? {
        var iterator = arrivals.makeAsyncIterator()
        return await iterator.next()
    }

    /// Reads everything until the link's end.
    func rest() async -> (texts: [String], closure: WebSocketClosure?) {
        var texts: [String] = []
        while let arrival = await next() {
            switch arrival {
            case .text(let text): texts.append(text)
            case .closed(let closure): return (texts, closure)
            }
        }
        return (texts, nil)
    }

    /// Reads the next message, which must be a `subscribe`, and gives its id.
    func nextSubscribe() async throws -> String {
        guard case .text(let text)? = await next(), let id = Wire.id(ofSubscribe: text) else {
            throw Unexpected(what: "no subscribe")
        }
        return id
    }

    /// Reads up to the next operation that starts, and gives its id and the message; completions are passed over.
    func nextOperationAndText() async throws -> (id: String, text: String) {
        while case .text(let text)? = await next() {
            if let id = Wire.id(ofSubscribe: text) { return (id, text) }
            guard text.contains(#""type":"complete""#) else { throw Unexpected(what: "no operation: \(text)") }
        }
        throw Unexpected(what: "the link has ended")
    }

    /// Reads up to the next operation that starts, and gives its id; completions are passed over.
    func nextOperation() async throws -> String { try await nextOperationAndText().id }

    /// Reads `connection_init` and acknowledges it.
    func acknowledge() async throws {
        guard case .text(let text)? = await next(), text.hasPrefix(#"{"type":"connection_init""#) else {
            throw Unexpected(what: "no connection_init")
        }
        send(Wire.acknowledgement)
    }

    /// Returns when everything that was sent has been handled by the client, which answers a ping in order.
    func settle() async throws {
        send(#"{"type":"ping"}"#)
        guard await next() == .text(#"{"type":"pong"}"#) else { throw Unexpected(what: "no pong") }
    }

    func send(_ text: String) {
        loop.execute { [socket] in socket.send(text: Array(text.utf8)) }
    }

    func send(_ texts: [String]) {
        for text in texts { send(text) }
    }

    func close(_ code: UInt16, _ reason: String = "") {
        loop.execute { [socket] in socket.close(code, reason) }
    }

    /// Cuts the connection without a close frame.
    func cut() {
        loop.execute { [socket] in socket.terminate() }
    }
}

/// Something else happened than the test waits for.
struct Unexpected: Error {
    var what: String
}
