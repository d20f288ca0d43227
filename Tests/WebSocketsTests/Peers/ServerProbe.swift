import Synchronization

@testable import WebSockets

/// A server's delegate that tells its test what happens, and does what its script says.
actor ServerProbe: WebSocketServerDelegate {
    enum Event: Sendable {
        case opened(WebSocket, UpgradeRequest, subprotocol: String?)
        case received([UInt8], isText: Bool)
        case ponged
        case closed(WebSocketClosure)
        case requested(HTTPExchange)
    }

    /// What the probe does within each callback, on the loop.
    struct Script: Sendable {
        var decide: @Sendable (UpgradeRequest) -> UpgradeDecision = { _ in .accept }
        var opened: @Sendable (WebSocket) -> Void = { _ in }
        var received: @Sendable (String, WebSocket) -> Void = { _, _ in }
        var writable: @Sendable (WebSocket) -> Void = { _ in }
        var closed: @Sendable (WebSocket) -> Void = { _ in }
        var requested: @Sendable (HTTPExchange) -> Void = { _ in }
    }

    nonisolated let loop: EventLoop
    nonisolated let events: AsyncStream<Event>
    private let continuation: AsyncStream<Event>.Continuation
    private let script: Script

    /// The bodies that weren't taken so far.
    nonisolated let refusedBodies = Mutex<[BodyRefusal]>([])

    nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe loop.asUnownedSerialExecutor() }

    func takesNoBody(at path: String) -> Bool { path == "/bare" }

    func bodyRefused(_ reason: BodyRefusal) { refusedBodies.withLock { $0.append(reason) } }

    init(on loop: EventLoop, script: Script = Script()) {
        self.loop = loop
        self.script = script
        (events, continuation) = AsyncStream.makeStream()
    }

    func serve(_ options: WebSocketServer.Options, ledger: ConnectionLedger) throws -> WebSocketServer {
        try WebSocketServer(on: loop, delegate: self, options: options, ledger: ledger)
    }

    func decide(_ request: UpgradeRequest) -> UpgradeDecision { script.decide(request) }

    func opened(
        _ socket: WebSocket,
        by request: UpgradeRequest,
        _ context: UpgradeDecision.Context?,
        subprotocol: String?
    ) {
        continuation.yield(.opened(socket, request, subprotocol: subprotocol))
        script.opened(socket)
    }

    func received(_ bytes: Span<UInt8>, isText: Bool, on socket: WebSocket) {
        let copy = bytes.indices.map { bytes[$0] }
        continuation.yield(.received(copy, isText: isText))
        script.received(String(decoding: copy, as: UTF8.self), socket)
    }

    func writable(_ socket: WebSocket) { script.writable(socket) }

    func ponged(_ socket: WebSocket) { continuation.yield(.ponged) }

    func closed(_ socket: WebSocket, _ closure: WebSocketClosure) {
        continuation.yield(.closed(closure))
        script.closed(socket)
    }

    func requested(_ exchange: HTTPExchange) {
        continuation.yield(.requested(exchange))
        script.requested(exchange)
    }
}

extension ServerProbe {
    /// The next opened socket; what came before is dropped.
    nonisolated func nextOpened() async -> (socket: WebSocket, request: UpgradeRequest, subprotocol: String?)? {
        for await case .opened(let socket, let request, let subprotocol) in events {
            return (socket, request, subprotocol)
        }
        return nil
    }

    nonisolated func nextMessage() async -> (bytes: [UInt8], isText: Bool)? {
        for await case .received(let bytes, let isText) in events { return (bytes, isText) }
        return nil
    }

    nonisolated func nextClosure() async -> WebSocketClosure? {
        for await case .closed(let closure) in events { return closure }
        return nil
    }

    nonisolated func nextPong() async -> Bool {
        for await case .ponged in events { return true }
        return false
    }

    nonisolated func nextExchange() async -> HTTPExchange? {
        for await case .requested(let exchange) in events { return exchange }
        return nil
    }
}
