import Fanout
import FanoutRelay
import Testing

extension Loopback {
    /// Pages whose own name resolves to the relay: their browser takes them for its own.
    @Suite(.timeLimit(.minutes(1)))
    struct RebindingTests {
        /// What a browser sends to a host of plain http: no Origin for its own, and nothing of what it fetches for.
        private static func status(_ peer: Peer, _ path: String, host: String, _ headers: String = "") async throws
            -> Int
        {
            peer.send(raw: Array("GET \(path) HTTP/1.1\r\nHost: \(host)\r\n\(headers)\r\n".utf8))
            let head = try await peer.head()
            _ = try await peer.body(Int(head.lowercased().number(after: "content-length: ") ?? 0))
            return Int(head.split(separator: " ")[1]) ?? 0
        }

        private static let events = "Accept: text/event-stream\r\n"

        @Test(arguments: ["/", "/topics", "/metrics", "/graphql", "/topics/m"])
        func `a host that isn't the relay's is refused`(path: String) async throws {
            try await Stage.run([Stage.manual()]) { stage in
                let peer = try stage.connect()
                for host in ["evil.example", "evil.example:\(stage.port)", "127.0.0.1.evil.example"] {
                    #expect(try await Self.status(peer, path, host: host) == 403)
                }
                let own = path == "/graphql" || path == "/topics/m" ? 426 : 200
                for host in ["localhost:\(stage.port)", "127.0.0.1:\(stage.port)", "[::1]", "x.localhost"] {
                    #expect(try await Self.status(peer, path, host: host) == own)
                }
            }
        }

        @Test func `its events are refused too`() async throws {
            try await Stage.run([Stage.manual()]) { stage in
                let peer = try stage.connect()
                for path in ["/topics/m", "/graphql?query=subscription%20%7Bmanual%7Bn%7D%7D"] {
                    #expect(try await Self.status(peer, path, host: "evil.example", Self.events) == 403)
                }
            }
        }

        @Test func `names that are given may be used, and beyond loopback no others`() async throws {
            try await Stage.run([Stage.manual()]) { configuration in
                configuration.listeners = [ListenerConfiguration(.port(host: "0.0.0.0", port: 0))]
                configuration.admission.allowedHosts = ["relay.example"]
            } _: { stage in
                #expect(stage.relay.listeners[0].checksHost)
                let peer = try stage.connect()
                for path in ["/", "/topics", "/metrics"] {
                    #expect(try await Self.status(peer, path, host: "Relay.Example:8080") == 200)
                    #expect(try await Self.status(peer, path, host: "relay.example.evil.example") == 403)
                }
            }
        }

        @Test func `beyond loopback any name may be used as long as none is given`() async throws {
            try await Stage.run([Stage.manual()]) { configuration in
                configuration.listeners = [ListenerConfiguration(.port(host: "0.0.0.0", port: 0))]
            } _: { stage in
                #expect(!stage.relay.listeners[0].checksHost)
                let peer = try stage.connect()
                #expect(try await Self.status(peer, "/topics", host: "whatever.example") == 200)
            }
        }

        @Test func `balancers are told the status by any host, and no names of topics`() async throws {
            try await Stage.run([
                Stage.manual(), try TopicDefinition(name: "broken", document: "subscription { failing }"),
            ]) { stage in
                try await stage.readiness(becomes: 200)
                let peer = try stage.connect()
                for path in ["/healthz", "/readyz"] {
                    #expect(try await Self.status(peer, path, host: "evil.example") == 200)
                    #expect(
                        try await Self.status(peer, path, host: "localhost", "Origin: https://evil.example\r\n") == 200
                    )
                }
                while try await !peer.get("/readyz").body.contains("broken") { try Task.checkCancellation() }
                peer.send(raw: Array("GET /readyz HTTP/1.1\r\nHost: evil.example\r\n\r\n".utf8))
                let head = try await peer.head()
                let size = head.lowercased().number(after: "content-length: ") ?? 0
                #expect(try await peer.body(Int(size)) == "ready\n")
            }
        }

        @Test func `a link to the page is followed from anywhere, and nothing is embedded`() async throws {
            try await Stage.run([Stage.manual()]) { stage in
                let peer = try stage.connect()
                let click = "Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: document\r\n"
                #expect(try await Self.status(peer, "/", host: "localhost", click) == 200)
                #expect(try await Self.status(peer, "/", host: "evil.example", click) == 403)
                let frame = "Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: iframe\r\n"
                let image = "Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: no-cors\r\nSec-Fetch-Dest: image\r\n"
                for headers in [frame, image] {
                    #expect(try await Self.status(peer, "/", host: "localhost", headers) == 403)
                }
                // What isn't for people: a query that runs, say.
                #expect(try await Self.status(peer, "/topics/m", host: "localhost", click) == 403)
            }
        }

        @Test func `pages of other origins read nothing, and those that are allowed do`() async throws {
            try await Stage.run([Stage.manual()]) { configuration in
                configuration.admission.allowedOrigins = ["https://good.example"]
            } _: { stage in
                let peer = try stage.connect()
                for path in ["/", "/topics", "/metrics"] {
                    let evil = try await peer.get(path, headers: "Origin: https://evil.example\r\n")
                    #expect(evil.status == 403)
                    let good = try await peer.get(path, headers: "Origin: https://good.example\r\n")
                    #expect(good.status == 200)
                    #expect(good.head.contains("\r\nAccess-Control-Allow-Origin: https://good.example\r\n"))
                }
            }
        }
    }
}
