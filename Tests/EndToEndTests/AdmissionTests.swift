import DemoUpstream
import FanoutRelay
import Testing

extension Loopback {
    @Suite(.timeLimit(.minutes(1)))
    struct AdmissionTests {
        @Test(arguments: ["/topics/unknown", "/topics/", "/topics", "/", "/graphql/", "/topics/m/x", "/topics/M"])
        func `an upgrade of an unknown path is answered 404`(path: String) async throws {
            try await Stage.run([Stage.manual()]) { stage in
                let peer = try Peer(port: stage.port)
                #expect(try await peer.upgrade(path).status == 404)
            }
        }

        @Test func `a page of another origin is answered 403, the relay's own and the allowed ones get in`()
            async throws
        {
            try await Stage.run([Stage.manual()]) { configuration in
                configuration.admission.allowedOrigins = ["https://good.example"]
            } _: { stage in
                let origins = [
                    ("https://evil.example", 403), ("null", 403), ("https://good.example", 101),
                    ("http://localhost", 101),
                ]
                for (origin, status) in origins {
                    for path in ["/graphql", "/topics/m"] {
                        let peer = try Peer(port: stage.port)
                        #expect(try await peer.upgrade(path, headers: "Origin: \(origin)\r\n").status == status)
                    }
                }
            }
        }

        @Test func `an unknown format closes 1008`() async throws {
            try await Stage.run([Stage.manual()]) { stage in
                let peer = try Peer(port: stage.port)
                #expect(try await peer.upgrade("/topics/m?format=xml").status == 101)
                #expect(await peer.next() == .close(1008, "format is event or payload, not xml"))
                let long = try Peer(port: stage.port)
                _ = try await long.upgrade("/topics/m?format=" + String(repeating: "%C3%A9", count: 200))
                guard case .close(1008, let reason)? = await long.next() else {
                    Issue.record("not closed with 1008")
                    return
                }
                #expect(reason.utf8.count <= 123)
            }
        }

        @Test func `fanout v1 is a subprotocol that may be asked for`() async throws {
            try await Stage.run([Stage.manual()]) { stage in
                let peer = try Peer(port: stage.port)
                let answer = try await peer.upgrade("/topics/m?format=event", subprotocols: "fanout.v1.json")
                #expect(answer.head.lowercased().contains("\r\nsec-websocket-protocol: fanout.v1.json\r\n"))
                try await peer.settle()
                await stage.upstream.emit(1)
                #expect(try await peer.text("event").number(after: #""sequence":"#) == 1)
            }
        }

        @Test func `a plain client that speaks closes 1003`() async throws {
            try await Stage.run([Stage.manual()]) { stage in
                let peer = try await Peer.plain(stage)
                peer.send("hello")
                guard case .close(1003, _)? = await peer.closing() else {
                    Issue.record("not closed with 1003")
                    return
                }
            }
        }

        @Test(arguments: [false, true])
        func `a message over the limit closes 1009 and harms nobody else`(isInPieces: Bool) async throws {
            try await Stage.run([Stage.manual()]) { configuration in
                configuration.admission.maximumMessageSize = 2000
            } _: { stage in
                let witness = try await Peer.graphQL(stage)
                try await witness.subscribe("1", Stage.manualDocument())
                let peer = try await Peer.graphQL(stage)
                let padding = String(repeating: "x", count: 2000 - 32)
                let limit = #"{"type":"ping","payload":{"p":"\#(padding.dropLast(2))"}}"#
                peer.send(limit)
                #expect(limit.utf8.count <= 2000)
                guard case .text? = await peer.next() else {
                    Issue.record("a message at the limit is refused")
                    return
                }
                if isInPieces {
                    var piece = PeerFrame.masked(1, Array(repeating: 0x20, count: 1500))
                    piece[0] = 0x01
                    peer.send(raw: piece)
                    peer.send(raw: PeerFrame.masked(0, Array(repeating: 0x20, count: 501)))
                } else {
                    peer.send(raw: PeerFrame.masked(1, Array(repeating: 0x20, count: 2001)))
                }
                #expect(await peer.next() == .close(1009, "Message too big"))
                await stage.upstream.emit(1)
                #expect(try await witness.number() == 1)
                try await stage.metric(#"fanout_clients_closed_total{code="1009"}"#, reaches: 1)
            }
        }

        @Test func `one operation too many on a connection is an error`() async throws {
            try await Stage.run([Stage.manual()]) { configuration in
                configuration.admission.maximumSubscriptions = 2
            } _: { stage in
                let peer = try await Peer.graphQL(stage)
                for id in ["1", "2", "3"] { try await peer.subscribe(id, Stage.manualDocument()) }
                #expect(try await peer.text().hasPrefix(#"{"id":"3","type":"error","payload":[{"message":"Too many"#))
                peer.send(#"{"id":"1","type":"complete"}"#)
                try await peer.subscribe("3", Stage.manualDocument())
                #expect(try await stage.metric("fanout_subscriptions") == 2)
            }
        }

        @Test func `a connection too many from one address is answered 429`() async throws {
            try await Stage.run([Stage.manual()]) { configuration in
                configuration.admission.maximumPerAddress = 1
            } _: { stage in
                let peer = try await Peer.plain(stage)
                #expect(try await Peer(port: stage.port).get("/healthz").status == 429)
                await stage.upstream.emit(1)
                #expect(try await peer.number() == 1)
            }
        }

        @Test func `plain requests are answered`() async throws {
            try await Stage.run([Stage.manual("m"), Stage.manual("n", bytes: 5)]) { stage in
                try await stage.readiness(becomes: 200)
                let peer = try Peer(port: stage.port)
                #expect(try await peer.get("/healthz").body == "ok\n")
                #expect(try await peer.get("/readyz").body == "ready\n")
                let page = try await peer.get("/")
                #expect(page.status == 200)
                #expect(page.head.contains("Content-Type: text/html; charset=utf-8\r\n"))
                #expect(page.head.contains("Content-Security-Policy: default-src 'none'"))
                #expect(page.body.hasPrefix("<!doctype html>"))
                let topics = try await peer.get("/topics")
                #expect(topics.head.contains("Content-Type: application/json\r\n"))
                #expect(topics.body.hasPrefix(#"{"topics":[{"name":"m","document":"subscription { manual { n } }"},"#))
                let metrics = try await peer.get("/metrics")
                #expect(metrics.head.contains("Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n"))
                for sample in [
                    "fanout_upstream_connected 1", "fanout_upstream_connects_total 1",
                    "fanout_clients 0", "fanout_draining 0", #"fanout_connections_refused_total{reason="address"} 0"#,
                ] { #expect(metrics.body.contains("\n\(sample)\n"), "\(sample)") }
                for path in ["/graphql", "/topics/m"] { #expect(try await peer.get(path).status == 426) }
                for path in ["/nothing", "/topics/unknown", "/metrics/"] {
                    #expect(try await peer.get(path).status == 404)
                }
            }
        }
    }
}
