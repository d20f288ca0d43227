internal import GraphQLTransport
package import WebSockets

/// A GraphQL server over WebSocket (`graphql-transport-ws`) with made-up events; for the demo, load and tests.
///
/// It lives on one event loop with all its sockets. Its faults can be changed while it runs.
package actor DemoUpstream: LoopActor {
    /// The counters, as of the call.
    package internal(set) var statistics = Statistics()

    package let loop: EventLoop
    let options: Options
    var fault = Fault.none
    var links: [ObjectIdentifier: Link] = [:]
    /// The feeds that equal operations share; those without subscribers are kept too, so that their numbers continue.
    var feeds: [EventSource: Feed] = [:]
    /// Shared feeds without subscribers, the one that has been so for longest first.
    var unwatched: [EventSource] = []
    private var server: WebSocketServer?
    private var listener: Listener?
    private var boundPort: UInt16?
    private var pingTimer: LoopTimer?
    private var waiters: [Int: Waiter] = [:]
    private var waiterCount = 0

    private struct Waiter {
        let condition: @Sendable (Statistics) -> Bool
        let continuation: CheckedContinuation<Void, Never>
    }

    /// Makes a server that lives on `loop`.
    package init(on loop: EventLoop, options: Options = Options()) {
        self.loop = loop
        self.options = options
    }

    // Life.

    /// Binds the port and serves; after `stop` it may be called again, and then uses the same port.
    ///
    /// - Parameter listenerLoop: The loop that accepts connections; it may be the server's own.
    /// - Throws: `WebSocketError.cannotListen` when the address is in use, unknown or not of this machine.
    @discardableResult
    package func start(listenerLoop: EventLoop) async throws(WebSocketError) -> Address {
        let server = try makeServer()
        let listener = try await listen(server, on: listenerLoop)
        self.listener = listener
        boundPort = listener.port
        if let interval = options.pingInterval {
            let timer = pingTimer ?? LoopTimer(on: loop) { self.ping() }
            pingTimer = timer
            timer.start(after: interval)
        }
        return Address(host: listener.host, port: listener.port, isSecure: server.isSecure)
    }

    /// Closes the port and, with 1001, every link; returns when all links are gone, after 5 seconds at most.
    package func stop() async {
        listener?.stop()
        listener = nil
        pingTimer?.close()
        pingTimer = nil
        dropLinks(code: CloseCode.goingAway.rawValue)
        _ = await statistics { $0.sockets.now == 0 }
        for feed in feeds.values {
            feed.timer?.close()
            feed.timer = nil
        }
        let left = waiters
        waiters = [:]
        for waiter in left.values { waiter.continuation.resume() }
    }

    private func makeServer() throws(WebSocketError) -> WebSocketServer {
        if let server { return server }
        var serverOptions = WebSocketServer.Options(subprotocols: ["graphql-transport-ws"])
        serverOptions.identity = options.identity
        let made = try WebSocketServer(on: loop, delegate: self, options: serverOptions)
        server = made
        return made
    }

    private func listen(
        _ server: WebSocketServer,
        on listenerLoop: EventLoop
    ) async throws(WebSocketError) -> Listener {
        let wanted = Listener.Options(
            host: options.host,
            port: boundPort ?? options.port,
            maximumConnections: options.maximumConnections,
            sendBuffer: options.sendBuffer
        )
        let ledger = ConnectionLedger()
        var attempts = boundPort == nil ? 0 : 100
        while true {
            do {
                return try Listener(on: listenerLoop, options: wanted, servers: [server], ledger: ledger)
            } catch {
                // A stopped listener closes its port on its own loop, perhaps a little later.
                guard case .cannotListen(_, _, inUse: true) = error, attempts > 0 else { throw error }
                attempts -= 1
                await withCheckedContinuation { continuation in
                    listenerLoop.execute { continuation.resume() }
                }
            }
        }
    }

    private func ping() {
        guard let timer = pingTimer, let interval = options.pingInterval else { return }
        for link in Array(links.values) where link.machine.isAcknowledged {
            link.send(MessageWriter.ping())
            deliver(link)
        }
        timer.start(after: interval)
    }

    // Waiting.

    /// Waits until the counters fulfil a condition, the task is cancelled or the server stops; returns the counters.
    package func statistics(when condition: @escaping @Sendable (Statistics) -> Bool) async -> Statistics {
        guard !condition(statistics) else { return statistics }
        waiterCount += 1
        let key = waiterCount
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                waiters[key] = Waiter(condition: condition, continuation: continuation)
            }
        } onCancel: {
            // This runs on the actor, and so after the continuation was stored.
            loop.execute { self.assumeIsolated { $0.abandon(key) } }
        }
        return statistics
    }

    private func abandon(_ key: Int) {
        waiters.removeValue(forKey: key)?.continuation.resume()
    }

    /// Wakes the callers whose condition is fulfilled now.
    func statisticsChanged() {
        guard !waiters.isEmpty else { return }
        for (key, waiter) in waiters where waiter.condition(statistics) {
            waiters[key] = nil
            waiter.continuation.resume()
        }
    }
}
