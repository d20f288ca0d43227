import Backoffs
import GraphQLTransport
import Testing
import WebSockets

@testable import GraphQLSession

/// The client's `connect`, and what its parameters change.
@Suite(.timeLimit(.minutes(1)))
struct ConnectTests {
    @Test func `a session that doesn't reconnect ends with its link`() async throws {
        try await Self.serve { server, client in
            async let connecting = client.connect(reconnecting: false)
            let link = try await server.nextAcknowledgedLink()
            let session = try await connecting
            let call = Task { try await session.execute(GraphQLRequest(query: "{ n }")) }
            _ = try await link.nextOperation()
            link.cut()
            await #expect(throws: SessionError.self) { try await call.value }
            let error = await #expect(throws: SessionError.self) {
                try await session.execute(GraphQLRequest(query: "{ n }"))
            }
            guard case .ended(.lost) = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            #expect(await server.linkCount == 1)
        }
    }

    @Test func `a session whose back-off is off connects once more after each link that stayed, as gql does`()
        async throws
    {
        try await Self.serve { server, client in
            var client = client
            client.configuration.stableAfter = .zero
            async let connecting = { [client] in try await client.connect(retryConnect: .off) }()
            var link = try await server.nextAcknowledgedLink()
            let session = try await connecting
            for generation: UInt64 in 1...2 {
                link.cut()
                link = try await server.nextAcknowledgedLink()
                try await session.connected(after: generation)
            }
            link.cut()
            try await server.nextLink().cut()
            let error = await #expect(throws: SessionError.self) { try await session.connected(after: 3) }
            guard case .ended(.lost) = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            #expect(await server.linkCount == 4)
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
            let call = Task { try await session.execute(GraphQLRequest(query: "{ n }")) }
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

    @Test func `the URL is asked for at each connect, and one that can't be had is a failed attempt`() async throws {
        let servers = [try ScriptedServer(), try ScriptedServer()]
        let endpoints = [try await servers[0].listen(), try await servers[1].listen()]
        let asked = Counter()
        var client = GraphQLClient {
            let number = asked.next()
            guard number != 2 else { throw Unexpected(what: "no registry") }
            return endpoints[number == 1 ? 0 : 1]
        }
        client.configuration.retryConnect = .constant(.milliseconds(1))
        async let connecting = client.connect()
        let first = try await servers[0].nextAcknowledgedLink()
        let session = try await connecting
        first.cut()
        _ = try await servers[1].nextAcknowledgedLink()
        try await session.connected(after: 1)
        var failures: [LinkFailure] = []
        for await event in session.events {
            if case .disconnected(let failure, _) = event { failures.append(failure) }
            if event == .connected(generation: 2) { break }
        }
        #expect(failures.last == .unreachable(reason: #"no URL: Unexpected(what: "no registry")"#))
        #expect(asked.count == 3)
        await session.close()
        for server in servers { await server.stop() }
    }

    @Test func `a server that doesn't answer the close is cut off after the close timeout`() async throws {
        let loop = try EventLoop(name: "bare", servesSockets: false)
        let server = try BareServer(on: loop)
        var client = GraphQLClient(endpoint: server.endpoint)
        #expect(client.configuration.closeTimeout == .seconds(10))
        client.configuration.closeTimeout = .milliseconds(50)
        async let connecting = client.connect()
        let link = try await server.acknowledge()
        let session = try await connecting
        await session.close()
        #expect(try await link.receive().code == 1000)
        #expect(await link.timeToEnd < .seconds(8))
        await loop.stop()
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
