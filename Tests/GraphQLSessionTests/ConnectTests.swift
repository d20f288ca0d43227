import Backoff
import GraphQLTransport
import Testing

@testable import GraphQLSession

/// The client's `connect`, and what its parameters change.
@Suite(.timeLimit(.minutes(1)))
struct ConnectTests {
    @Test func `a session that doesn't reconnect ends with its link`() async throws {
        try await Self.serve { server, client in
            async let connecting = client.connect(reconnecting: false)
            let link = try await server.nextAcknowledgedLink()
            let session = try await connecting
            let call = Task { try await session.execute(Request(query: "{ n }")) }
            _ = try await link.nextOperation()
            link.cut()
            await #expect(throws: SessionError.self) { try await call.value }
            let error = await #expect(throws: SessionError.self) { try await session.execute(Request(query: "{ n }")) }
            guard case .ended(.lost) = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            #expect(await server.linkCount == 1)
        }
    }

    @Test(arguments: [true, false])
    func `a connect that gives up throws`(reconnecting: Bool) async throws {
        try await Self.serve { server, client in
            let connecting = Task {
                try await client.connect(
                    reconnecting: reconnecting,
                    retryConnect: .constant(.milliseconds(1)).limited(tries: 2)
                )
            }
            for _ in 0..<(reconnecting ? 2 : 1) { try await server.nextLink().close(4999) }
            let error = await #expect(throws: SessionError.self) { try await connecting.value }
            guard case .ended(.closed(let code, _)) = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            #expect(code.rawValue == 4999)
        }
    }

    @Test func `the policies of a connect go before the configuration's`() async throws {
        try await Self.serve { server, client in
            let tries = Counter()
            let executing = Backoff.constant(.milliseconds(1)).limited(tries: 2)
                .observed(onRetry: { _ in tries.next() })
            async let connecting = client.connect(
                retryConnect: .constant(.milliseconds(1)),
                retryExecute: executing
            )
            let first = try await server.nextAcknowledgedLink()
            let session = try await connecting
            let call = Task { try await session.execute(Request(query: "{ n }")) }
            _ = try await first.nextOperation()
            first.cut()
            let second = try await server.nextAcknowledgedLink()
            _ = try await second.nextOperation()
            second.cut()
            await #expect(throws: SessionError.self) { try await call.value }
            #expect(tries.count == 1)
            await session.close()
        }
    }

    private static func serve(_ body: (ScriptedServer, GraphQLClient) async throws -> Void) async throws {
        let server = try ScriptedServer()
        do {
            try await body(server, GraphQLClient(endpoint: server.listen()))
        } catch {
            await server.stop()
            throw error
        }
        await server.stop()
    }
}
