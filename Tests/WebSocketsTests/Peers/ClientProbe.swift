import WebSockets
import Wire

/// A client's delegate that tells its test what happens.
actor ClientProbe: WebSocketClientDelegate {
    enum Event: Sendable {
        case dialled(WebSocket, subprotocol: String?)
        case failed(WebSocketError)
        case received([UInt8], isText: Bool)
        case ponged
        case advanced
        case skipped([UInt8], isFirst: Bool, isFinal: Bool)
        case closing(WebSocketClosure)
        case closed(WebSocketClosure)
    }

    nonisolated let loop: EventLoop
    nonisolated let events: AsyncStream<Event>
    private let continuation: AsyncStream<Event>.Continuation
    private let whenDialled: @Sendable (WebSocket) -> Void

    nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe loop.asUnownedSerialExecutor() }

    init(on loop: EventLoop, whenDialled: @escaping @Sendable (WebSocket) -> Void = { _ in }) {
        self.loop = loop
        self.whenDialled = whenDialled
        (events, continuation) = AsyncStream.makeStream()
    }

    func dial(_ target: WebSocketClient.Target) -> WebSocketClient {
        WebSocketClient(on: loop, to: target, delegate: self)
    }

    func progress(of client: WebSocketClient) -> String? { client.progress }

    func abandon(_ client: WebSocketClient) { client.abandon() }

    func dialled(_ socket: WebSocket, subprotocol: String?) {
        continuation.yield(.dialled(socket, subprotocol: subprotocol))
        whenDialled(socket)
    }

    func dialFailed(_ client: WebSocketClient, _ error: WebSocketError) { continuation.yield(.failed(error)) }

    func received(_ bytes: Span<UInt8>, isText: Bool, on socket: WebSocket) {
        continuation.yield(.received(bytes.indices.map { bytes[$0] }, isText: isText))
    }

    func writable(_ socket: WebSocket) {}

    func ponged(_ socket: WebSocket) { continuation.yield(.ponged) }

    func closing(_ socket: WebSocket, _ closure: WebSocketClosure) { continuation.yield(.closing(closure)) }

    func advanced(_ socket: WebSocket) { continuation.yield(.advanced) }

    func skipped(_ piece: Span<UInt8>, isFirst: Bool, isFinal: Bool, isText: Bool, on socket: WebSocket) {
        let bytes = piece.indices.map { piece[$0] }
        continuation.yield(.skipped(bytes, isFirst: isFirst, isFinal: isFinal))
    }

    func closed(_ socket: WebSocket, _ closure: WebSocketClosure) { continuation.yield(.closed(closure)) }
}

extension ClientProbe {
    /// The next event, whatever it is.
    nonisolated func next() async -> Event? {
        var iterator = events.makeAsyncIterator()
        return await iterator.next()
    }

    nonisolated func nextDialled() async -> (socket: WebSocket, subprotocol: String?)? {
        guard case .dialled(let socket, let subprotocol) = await next() else { return nil }
        return (socket, subprotocol)
    }

    nonisolated func nextFailure() async -> WebSocketError? {
        guard case .failed(let error) = await next() else { return nil }
        return error
    }

    nonisolated func nextMessage() async -> (bytes: [UInt8], isText: Bool)? {
        for await case .received(let bytes, let isText) in events { return (bytes, isText) }
        return nil
    }

    nonisolated func nextClosure() async -> WebSocketClosure? {
        for await case .closed(let closure) in events { return closure }
        return nil
    }

    nonisolated func nextClosing() async -> WebSocketClosure? {
        for await case .closing(let closure) in events { return closure }
        return nil
    }

    nonisolated func nextPong() async -> Bool {
        for await case .ponged in events { return true }
        return false
    }
}

extension WebSocketClient.Target {
    /// A target on a loopback address.
    static func loopback(
        _ port: UInt16,
        host: String = "127.0.0.1",
        path: String = "/",
        subprotocols: [String] = [],
        headers: [HTTPField] = [],
        limits: WebSocket.Limits = WebSocket.Limits(messageSize: 4 << 20, controlSize: 4 << 20)
    ) -> WebSocketClient.Target {
        WebSocketClient.Target(
            isSecure: false,
            host: host,
            port: port,
            path: path,
            subprotocols: subprotocols,
            headers: headers,
            limits: limits
        )
    }
}
