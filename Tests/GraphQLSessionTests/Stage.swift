import Backoffs
import WebSockets

@testable import GraphQLSession

/// A session that was not started, on a loop of its own, and what its tests need around it.
struct Stage: Sendable {
    let session: PermanentSession
    let loop: EventLoop
    /// Makes calls from the session's own loop.
    let caller: Caller

    /// Runs `body` with a session to a scripted server, and ends both after.
    static func run(
        serving subprotocols: [String] = ["graphql-transport-ws"],
        _ adjust: (inout SessionConfiguration) -> Void = { _ in },
        _ body: (Stage, ScriptedServer) async throws -> Void
    ) async throws {
        let server = try ScriptedServer(subprotocols: subprotocols)
        let endpoint = try await server.listen()
        do {
            try await run(to: endpoint, adjust) { try await body($0, server) }
        } catch {
            await server.stop()
            throw error
        }
        await server.stop()
    }

    /// Runs `body` with a session to a bare server, and ends both after.
    static func runBare(
        _ adjust: (inout SessionConfiguration) -> Void = { _ in },
        _ body: (Stage, BareServer) async throws -> Void
    ) async throws {
        let loop = try EventLoop(name: "bare", servesSockets: false)
        do {
            let server = try BareServer(on: loop)
            try await run(to: server.endpoint, adjust) { try await body($0, server) }
        } catch {
            await loop.stop()
            throw error
        }
        await loop.stop()
    }

    /// Runs `body` with a session that has HTTP only, to a bare server, and ends both after.
    static func runHTTP(
        _ adjust: (inout SessionConfiguration) -> Void = { _ in },
        _ body: (Stage, BareServer) async throws -> Void
    ) async throws {
        let loop = try EventLoop(name: "bare", servesSockets: false)
        do {
            let server = try BareServer(on: loop)
            try await run(to: nil) {
                $0.httpEndpoint = { server.httpEndpoint }
                $0.retryExecute = .constant(.milliseconds(1)).limited(tries: 3)
                adjust(&$0)
            } _: {
                try await body($0, server)
            }
        } catch {
            await loop.stop()
            throw error
        }
        await loop.stop()
    }

    private static func run(
        to endpoint: Endpoint?,
        _ adjust: (inout SessionConfiguration) -> Void = { _ in },
        _ body: (Stage) async throws -> Void
    ) async throws {
        var configuration = SessionConfiguration()
        // Other tests take the machine for seconds at a time.
        configuration.connectTimeout = .seconds(60)
        configuration.acknowledgementTimeout = .seconds(60)
        configuration.executeTimeout = .seconds(60)
        configuration.retryConnect = .constant(.milliseconds(1))
        configuration.pingInterval = nil
        adjust(&configuration)
        let loop = try EventLoop(name: "session", closeTimeout: configuration.closeTimeout)
        let session = PermanentSession(to: endpoint, configuration, on: loop)
        let stage = Stage(session: session, loop: loop, caller: Caller(on: loop, session))
        do {
            try await body(stage)
        } catch {
            await session.close()
            await loop.stop()
            throw error
        }
        await session.close()
        await loop.stop()
    }

    /// Subscribes on a live link; gives the subscription and its id at the server.
    func subscribe(at link: ServerLink) async throws -> (Subscription, String) {
        let subscription = try await session.subscribe(GraphQLRequest(query: "subscription { n }"))
        return (subscription, try await link.nextSubscribe())
    }

    /// Runs an operation in a task.
    func execute(_ query: String, isIdempotent: Bool = false) -> Task<ExecutionResult, any Error> {
        Task { [session] in try await session.execute(GraphQLRequest(query: query), isIdempotent: isIdempotent) }
    }

    /// The next event of the session that `isMeant`.
    func event(_ isMeant: @Sendable (SessionEvent) -> Bool) async throws -> SessionEvent {
        for await event in session.events where isMeant(event) { return event }
        throw Unexpected(what: "the events are over")
    }

    /// The failure of the link or attempt that fails next.
    func nextFailure() async throws -> LinkFailure {
        for await event in session.events {
            switch event {
            case .disconnected(let failure, _), .ended(let failure): return failure
            case .connecting, .connected, .closed: break
            }
        }
        throw Unexpected(what: "the events are over")
    }
}

/// Makes calls from a session's own loop: when `subscribe` has returned, the call has been made and waits.
actor Caller {
    private let loop: EventLoop
    private let session: PermanentSession

    nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe loop.asUnownedSerialExecutor() }

    init(on loop: EventLoop, _ session: PermanentSession) {
        self.loop = loop
        self.session = session
    }

    /// Starts a subscription in a task.
    func subscribe() async -> Task<Subscription, any Error> {
        let task = Task {
            try await session.subscribe(GraphQLRequest(query: "subscription { n }"))
        }
        // The loop runs what it is given in order, so the task has run when this comes back.
        _ = await Task { self.loop.isCurrent }.value
        return task
    }
}
