import Backoffs
import Synchronization
import Testing
import WebSockets

@testable import GraphQLSession

/// A session for as long as a closure runs, and what becomes of one from its first attempt on.
@Suite(.timeLimit(.minutes(1)))
struct WithSessionTests {
    private struct Own: Error {}

    /// What a session told its observer.
    private final class Record: Sendable {
        private let state = Mutex<[SessionEvent]>([])

        var events: [SessionEvent] { state.withLock { $0 } }

        func add(_ event: SessionEvent) { state.withLock { $0.append(event) } }
    }

    /// Runs `body` with a client, and then reads the link to its end, which must be a regular close.
    private func expectClosing(
        _ body: (ScriptedServer, GraphQLClient) async throws -> ServerLink
    ) async throws {
        let server = try ScriptedServer()
        do {
            let link = try await body(server, GraphQLClient(endpoint: server.listen()))
            #expect(await link.rest().closure?.code == 1000)
        } catch {
            await server.stop()
            throw error
        }
        await server.stop()
    }

    @Test func `the session is closed when the closure returns, and its value is given`() async throws {
        try await expectClosing { server, client in
            let record = Record()
            let using = Task {
                try await client.withSession(onEvent: { record.add($0) }) { session in
                    #expect(await session.isConnected)
                    return 7
                }
            }
            let link = try await server.nextAcknowledgedLink()
            #expect(try await using.value == 7)
            #expect(record.events == [.connecting(attempt: 1), .connected(generation: 1), .closed])
            return link
        }
    }

    @Test func `the session is closed when the closure throws, and its error is thrown`() async throws {
        try await expectClosing { server, client in
            let using = Task { try await client.withSession { _ in throw Own() } }
            let link = try await server.nextAcknowledgedLink()
            await #expect(throws: Own.self) { try await using.value }
            return link
        }
    }

    @Test func `the session is closed when the task is cancelled`() async throws {
        try await expectClosing { server, client in
            let using = Task {
                try await client.withSession { session in
                    try await session.execute(GraphQLRequest(query: "{ n }")).text
                }
            }
            let link = try await server.nextAcknowledgedLink()
            _ = try await link.nextOperation()
            using.cancel()
            await #expect(throws: CancellationError.self) { try await using.value }
            return link
        }
    }

    @Test func `a connect that is cancelled throws that, and its session is closed`() async throws {
        try await expectClosing { server, client in
            let record = Record()
            let using = Task {
                try await client.withSession(onEvent: { record.add($0) }) { _ in Issue.record("there is a session") }
            }
            let link = try await server.nextLink()
            using.cancel()
            await #expect(throws: CancellationError.self) { try await using.value }
            #expect(record.events == [.connecting(attempt: 1), .closed])
            return link
        }
    }

    @Test func `the first attempts are told while connect waits`() async throws {
        let server = try ScriptedServer()
        var client = GraphQLClient(endpoint: try await server.listen())
        client.configuration.retryConnect = .constant(.milliseconds(1))
        let (told, sink) = AsyncStream.makeStream(of: SessionEvent.self)
        let connecting = Task { [client] in try await client.connect(onEvent: { sink.yield($0) }) }
        try await server.nextLink().close(4999)
        var events: [SessionEvent] = []
        for await event in told {
            events.append(event)
            if event == .connecting(attempt: 2) { break }
        }
        #expect(events.first == .connecting(attempt: 1))
        guard events.count == 3, case .disconnected(.closed(let code, _), _) = events[1] else {
            Issue.record("\(events)")
            return
        }
        #expect(code.rawValue == 4999)
        _ = try await server.nextAcknowledgedLink()
        let session = try await connecting.value
        await session.close()
        await server.stop()
    }
}
