import Backoffs
import DemoUpstream
import GraphQLSession
import GraphQLTransport
import WebSockets

/// A session straight on a made-up upstream, without a relay.
struct FaultStage {
    let upstream: DemoUpstream
    let endpoint: Endpoint
    /// Where every session of the stage lives.
    let loop: EventLoop

    static let events = "subscription { manual { n } }"

    /// Runs `body` on a stage that is torn down after it.
    static func run(_ body: (FaultStage) async throws -> Void) async throws {
        let loops = [try EventLoop(name: "session"), try EventLoop(name: "upstream")]
        let acceptor = try EventLoop(name: "acceptor", servesSockets: false)
        let upstream = DemoUpstream(on: loops[1])
        let result: Result<Void, any Error>
        do {
            let address = try await upstream.start(listenerLoop: acceptor)
            let endpoint = try Endpoint(parsing: address.url)
            try await body(FaultStage(upstream: upstream, endpoint: endpoint, loop: loops[0]))
            result = .success(())
        } catch {
            result = .failure(error)
        }
        await upstream.stop()
        for loop in loops { await loop.stop() }
        await acceptor.stop()
        try result.get()
    }

    /// A session that runs, with a quick back-off and no probes.
    func session(_ adjust: (inout SessionConfiguration) -> Void = { _ in }) async -> PermanentSession {
        var configuration = SessionConfiguration()
        // Other tests take the machine for seconds at a time.
        configuration.connectTimeout = .seconds(60)
        configuration.acknowledgementTimeout = .seconds(60)
        configuration.executeTimeout = .seconds(60)
        configuration.retryConnect = .constant(.milliseconds(1))
        configuration.pingInterval = nil
        adjust(&configuration)
        let session = PermanentSession(to: endpoint, configuration, on: loop)
        await session.start()
        return session
    }

    /// Subscribes to events that come when the test says so, and waits until the server knows.
    func subscribe(_ session: PermanentSession) async throws -> Subscription {
        let before = await upstream.statistics.operations.total
        let subscription = try await session.subscribe(GraphQLRequest(query: Self.events))
        _ = await upstream.statistics { $0.operations.total > before }
        return subscription
    }

    /// Proves that an operation on the session gets its events, over the only link there is.
    func provesHealthy(_ session: PermanentSession) async throws -> Bool {
        let subscription = try await subscribe(session)
        _ = await upstream.statistics { $0.sockets.now == 1 && $0.operations.now == 1 }
        await upstream.emit(3)
        var iterator = subscription.makeAsyncIterator()
        var count = 0
        while count < 3, let batch = try await iterator.next() { count += batch.count }
        return count == 3
    }

    /// Ends a session and waits until the server has seen it go.
    func end(_ session: PermanentSession) async {
        await session.close()
        _ = await upstream.statistics { $0.sockets.now == 0 }
    }

    /// Why the session's next link, or attempt at one, failed.
    func nextFailure(_ session: PermanentSession) async -> LinkFailure? {
        for await event in session.events {
            switch event {
            case .disconnected(let failure, _), .ended(let failure): return failure
            case .connecting, .connected, .closed: break
            }
        }
        return nil
    }
}
