import Testing
import WebSockets

@testable import GraphQLSession

/// Sessions behind a proxy, which the test plays itself; WebSocketsTests have the proxies that fail.
@Suite(.timeLimit(.minutes(1)))
struct ProxyTests {
    @Test func `a session's link and its requests go through the proxy, to a name that only the proxy knows`()
        async throws
    {
        try await run { session, proxy in
            await session.start()
            let link = try await proxy.accept()
            #expect(try await link.receiveHead().hasPrefix("CONNECT no-such-name.invalid:80 HTTP/1.1\r\n"))
            try await link.send(Array("HTTP/1.1 200 Fine\r\n\r\n".utf8))
            try await proxy.upgrade(link)
            try await link.acknowledge()
            try await session.connected()
            let call = Task { try await session.execute(GraphQLRequest(query: "{ n }")) }
            let request = try await proxy.accept()
            #expect(
                try await request.receiveRequest().head.hasPrefix("POST http://no-such-name.invalid/graphql HTTP/1.1")
            )
            try await request.answer(200, "application/json", Wire.payload(1))
            #expect(try await call.value.text == Wire.payload(1))
        }
    }

    @Test(arguments: [("http", "answer CONNECT"), ("socks5h", "open a tunnel")])
    func `a proxy that doesn't answer falls under the connect timeout, and is named`(scheme: String, task: String)
        async throws
    {
        try await run(scheme) {
            $0.connectTimeout = .milliseconds(300)
        } _: { session, proxy in
            await session.start()
            let link = try await proxy.accept()
            let place = "the proxy \(scheme)://127.0.0.1:\(proxy.endpoint.port)"
            let reason = "no connection within 0.3 seconds: waiting for \(place) to \(task)"
            // On a loaded machine an attempt may come to its end before it has come so far.
            for await case .disconnected(.unreachable(reason, _, _), _) in session.events { break }
            _ = await link.timeToEnd
        }
    }

    @Test func `proxies can be turned off`() {
        var configuration = SessionConfiguration()
        #expect(configuration.usesProxies)
        configuration.usesProxies = false
        #expect(configuration.proxies.isNone)
    }

    private func run(
        _ scheme: String = "http",
        _ adjust: (inout SessionConfiguration) -> Void = { _ in },
        _ body: (PermanentSession, BareServer) async throws -> Void
    ) async throws {
        let serverLoop = try EventLoop(name: "proxy", servesSockets: false)
        let loop = try EventLoop(name: "session")
        do {
            let proxy = try BareServer(on: serverLoop)
            let url = "\(scheme)://ada:secret@127.0.0.1:\(proxy.endpoint.port)"
            var configuration = SessionConfiguration()
            // Other tests take the machine for seconds at a time.
            configuration.connectTimeout = .seconds(60)
            configuration.acknowledgementTimeout = .seconds(60)
            configuration.executeTimeout = .seconds(60)
            configuration.proxies = ProxyEnvironment { $0 == "all_proxy" ? url : nil }
            configuration.httpEndpoint = { "http://no-such-name.invalid/graphql" }
            adjust(&configuration)
            let endpoint = try Endpoint(parsing: "ws://no-such-name.invalid/graphql")
            let session = PermanentSession(to: endpoint, configuration, on: loop)
            try await body(session, proxy)
            await session.close()
        } catch {
            await loop.stop()
            await serverLoop.stop()
            throw error
        }
        await loop.stop()
        await serverLoop.stop()
    }
}
