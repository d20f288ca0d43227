import DemoUpstream
import Fanout
import FanoutRelay
import Testing
import Wire

extension Loopback {
    /// Clients behind a proxy that names them in its requests.
    @Suite(.timeLimit(.minutes(1)))
    struct ForwardedClientTests {
        private static func run(
            _ topics: [TopicDefinition],
            by fields: ForwardedFields = .forwardedFor(host: true, scheme: true),
            adjust: (inout Configuration) -> Void = { _ in },
            _ body: (Stage) async throws -> Void
        ) async throws {
            try await Stage.run(topics) { configuration in
                configuration.trustedProxies = [AddressRange("127.0.0.1")].compactMap(\.self)
                configuration.forwardedFields = fields
                adjust(&configuration)
            } _: {
                try await body($0)
            }
        }

        private static func from(_ client: String) -> String { "X-Forwarded-For: \(client)\r\n" }

        private static func graphQL(_ stage: Stage, from client: String, host: UInt8 = 1) async throws -> Peer {
            let peer = try Peer(port: stage.port, host: host)
            let headers = from(client)
            _ = try await peer.upgrade("/graphql", subprotocols: "graphql-transport-ws", headers: headers)
            peer.send(#"{"type":"connection_init"}"#)
            _ = try await peer.text("connection_ack")
            return peer
        }

        @Test func `of web pages the relay's own are those of the host and scheme that are told`() async throws {
            try await Self.run([Stage.manual()]) { configuration in
                configuration.admission.allowedHosts = ["app.example"]
            } _: { stage in
                let told = "X-Forwarded-Host: app.example\r\nX-Forwarded-Proto: https\r\n"
                for (origin, headers, isOwn) in [
                    ("https://app.example", told, true), ("http://app.example", told, false),
                    ("https://app.example", "X-Forwarded-Host: app.example\r\n", true),
                    ("http://app.example", "X-Forwarded-Host: app.example\r\n", true),
                    ("https://localhost", told, false), ("https://app.example", "", false),
                    ("http://localhost", "X-Forwarded-Proto: http\r\n", true),
                    ("http://localhost", "X-Forwarded-Proto: https\r\n", false),
                    ("https://evil.example", "X-Forwarded-Host: evil.example\r\n", false),
                    // What the nearest proxy has written counts.
                    ("https://app.example", "X-Forwarded-Host: app.example\r\nX-Forwarded-Host: other\r\n", false),
                ] {
                    let headers = "Origin: \(origin)\r\n\(headers)\(Self.from("192.0.2.1"))"
                    let socket = try await stage.connect().upgrade("/topics/m", headers: headers)
                    #expect(socket.status == (isOwn ? 101 : 403), "\(headers)")
                    let request = try await stage.connect().get("/topics", headers: headers)
                    #expect(request.status == (isOwn ? 200 : 403), "\(headers)")
                }
                // From somebody else the same tells nothing.
                let stranger = try Peer(port: stage.port, host: 2)
                let headers = "Origin: https://app.example\r\n\(told)\(Self.from("192.0.2.1"))"
                #expect(try await stranger.upgrade("/topics/m", headers: headers).status == 403)
            }
        }

        @Test func `limits for an address count WebSockets, streams and posts of the client who is told`() async throws
        {
            try await Self.run([Stage.manual()]) { configuration in
                configuration.admission.maximumPerAddress = 2
            } _: { stage in
                let socket = try stage.connect()
                #expect(try await socket.upgrade("/topics/m", headers: Self.from("192.0.2.1")).status == 101)
                let stream = try await Peer.stream(stage, headers: Self.from("192.0.2.1"))
                for peer in [try stage.connect(), try stage.connect()] {
                    let answer = try await peer.post("/graphql", "{}", headers: Self.from("6.6.6.6, 192.0.2.1"))
                    #expect(answer.status == 429)
                    #expect(answer.head.contains("\r\nRetry-After: 5\r\n"))
                    #expect(await peer.textToEnd() == "")
                }
                let third = try stage.connect()
                #expect(try await third.upgrade("/topics/m", headers: Self.from("192.0.2.1")).status == 429)
                let other = try stage.connect()
                #expect(try await other.upgrade("/topics/m", headers: Self.from("192.0.2.2")).status == 101)
                #expect(try await stage.metric(#"fanout_connections_refused_total{reason="address"}"#) == 3)
                #expect(try await stage.metric(#"fanout_forwarded_requests_total{origin="client"}"#) == 6)
                await stage.upstream.emit(1)
                #expect(try await socket.number() == 1)
                #expect(try await other.number() == 1)
                #expect(try await stream.event().sequence == 1)
            }
        }

        @Test func `the last tenth of the places for topics is for clients who are told and have none`() async throws {
            try await Self.run([]) {
                $0.demand.allowsAnySubscription = true
                $0.demand.maximumTopics = 10
            } _: { stage in
                let greedy = try await Self.graphQL(stage, from: "192.0.2.1")
                for bytes in 1...9 {
                    try await greedy.subscribe("\(bytes)", Stage.manualDocument(bytes: bytes))
                    try await stage.metric("fanout_client_topics_opened_total", reaches: UInt64(bytes))
                }
                // Another connection of the same client, and what it says of itself, is no other address.
                let accomplice = try await Self.graphQL(stage, from: "192.0.2.9, 192.0.2.1")
                try await accomplice.subscribe("1", Stage.manualDocument(bytes: 10))
                #expect(try await accomplice.text("error").contains("your address has as many"))
                let other = try await Self.graphQL(stage, from: "192.0.2.2")
                try await other.subscribe("1", Stage.manualDocument(bytes: 10))
                _ = await stage.upstream.statistics { $0.operations.now == 10 }
                await stage.upstream.emit(1)
                #expect(try await other.number() == 1)
            }
        }

        @Test(arguments: [([], false), (["10.0.0.0/8"], true)] as [([String], Bool)])
        func `fields without somebody to trust are refused`(ranges: [String], isServed: Bool) async throws {
            let serve = {
                try await Stage.run([Stage.manual()]) { configuration in
                    configuration.trustedProxies = ranges.compactMap { AddressRange($0) }
                    configuration.forwardedFields = .forwarded
                } _: { _ in
                }
            }
            if isServed {
                try await serve()
            } else {
                let error = await #expect(throws: ConfigurationError.self) { try await serve() }
                #expect(error?.description.contains("trusted proxies only") == true)
            }
        }

        @Test func `fields where all clients speak TLS are refused`() async throws {
            let error = await #expect(throws: ConfigurationError.self) {
                try await Stage.run([Stage.manual()], over: .tls) { configuration in
                    configuration.trustedProxies = [AddressRange("127.0.0.1")].compactMap(\.self)
                    configuration.forwardedFields = .forwarded
                } _: { _ in
                }
            }
            #expect(error?.description.contains("in plaintext only") == true)
        }
    }
}
