import AccessTokens
import DemoUpstream
import Fanout
import OpenSSLCommand
import Testing

@testable import FanoutRelay

extension Loopback {
    /// Clients that show certificates in their TLS handshake.
    @Suite(.enabled(if: OpenSSL.isInstalled), .timeLimit(.minutes(1)))
    struct ClientCertificateTests {
        /// - Parameter body: Gets a way to connect with a certificate, or without one.
        private static func run(
            isRequired: Bool = true,
            adjust: (inout Configuration) -> Void = { _ in },
            _ body: (Stage, AuthorityFiles, (AuthorityFiles.Client?) throws -> Peer) async throws -> Void
        ) async throws {
            let authority = try AuthorityFiles()
            try await Stage.run([Stage.manual()], over: .tls) { configuration in
                configuration.tls?.clients = ClientCertificates(
                    authorities: authority.certificate,
                    isRequired: isRequired
                )
                // Clients' certificates don't concern operators, and they see what became of handshakes.
                var operators = ListenerConfiguration(.port(host: "127.0.0.1", port: 0))
                operators.tls = .off
                configuration.operatorListeners = [operators]
                adjust(&configuration)
            } _: { stage in
                try await body(stage, authority) { client in
                    let arguments = client.map { ["-cert", $0.certificate, "-key", $0.key] } ?? []
                    return try Peer(securePort: stage.port, arguments: arguments)
                }
            }
        }

        private static func metric(_ sample: String, in stage: Stage) async throws -> UInt64 {
            let address = stage.relay.operatorListeners[0].address
            let port = try #require(UInt16(address.split(separator: ":").last ?? ""))
            return try await Peer(port: port).get("/metrics").body.number(after: "\n\(sample) ") ?? 0
        }

        private static func refusals(_ reason: String, in stage: Stage) async throws -> UInt64 {
            try await metric(#"fanout_client_certificates_refused_total{reason="\#(reason)"}"#, in: stage)
        }

        @Test func `WebSockets, streams and requests that follow one another are one client's`() async throws {
            try await Self.run { stage, authority, connect in
                let ann = try authority.issue("ann")
                let socket = try await Peer.plain(on: connect(ann))
                let stream = try connect(ann)
                stream.send(
                    raw: Array("GET /topics/m HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n".utf8)
                )
                #expect(try await stream.head().hasPrefix("HTTP/1.1 200 "))
                let other = try connect(ann)
                for _ in 0..<3 { #expect(try await other.get("/topics/m").status == 426) }
                #expect(try await other.get("/metrics").status == 404)
                await stage.upstream.emit(1)
                #expect(try await socket.number() == 1)
                #expect(try await stream.text(through: "\"n\":1").contains("data: "))
            }
        }

        @Test func `who has none, or a foreign or old one, gets no answer and is counted`() async throws {
            try await Self.run { stage, authority, connect in
                let foreign = try AuthorityFiles()
                let cases: [(reason: String, client: AuthorityFiles.Client?)] = [
                    ("missing", nil), ("authority", try foreign.issue("ann")),
                    ("expired", try authority.issue("old", days: -1)),
                ]
                for (reason, client) in cases {
                    let peer = try connect(client)
                    peer.send(raw: Array("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n".utf8))
                    #expect(await peer.textToEnd().isEmpty, "\(reason)")
                    #expect(try await Self.refusals(reason, in: stage) == 1, "\(reason)")
                }
                let ann = try authority.issue("ann")
                #expect(try await connect(ann).get("/healthz").status == 200)
            }
        }

        @Test func `its name is its subject`() async throws {
            try await Self.run { configuration in
                configuration.admission.maximumPerSubject = 1
            } _: { _, authority, connect in
                let name = "spiffe://example.org/ann"
                let clients = [
                    try authority.issue("ann", names: "URI:\(name)"), try authority.issue("bob", names: "URI:\(name)"),
                    try authority.issue("ann2", names: "DNS:ann"), try authority.issue("ann3", names: "email:ann"),
                ]
                var statuses: [Int] = []
                var peers: [Peer] = []
                for client in clients {
                    peers.append(try connect(client))
                    statuses.append(try await peers[peers.count - 1].upgrade("/topics/m").status)
                }
                #expect(statuses == [101, 429, 101, 429])
            }
        }

        @Test func `an optional one is a credential beside tokens, and a token goes first`() async throws {
            let token = "token-token-token-token"
            let tokens = try StaticTokens(parsing: Array("\(token) subject=ben topics=none".utf8))
            try await Self.run(isRequired: false) { configuration in
                configuration.authorizer = Authorizer(verifier: TokenVerifier(staticTokens: tokens))
            } _: { stage, authority, connect in
                let (ann, bearer) = (try authority.issue("ann"), "Authorization: Bearer \(token)\r\n")
                for (client, headers, status) in [
                    (ann, "", 101), (nil, "", 401), (ann, bearer, 403), (nil, bearer, 403),
                ] {
                    let answer = try await connect(client).upgrade("/topics/m", headers: headers)
                    #expect(answer.status == status, "\(headers)")
                }
                // At /graphql a token may come later, and needn't where there is a certificate.
                for (payload, isForbidden) in [("", false), (#","payload":{"token":"\#(token)"}"#, true)] {
                    let peer = try connect(ann)
                    let status = try await peer.upgrade("/graphql", subprotocols: "graphql-transport-ws").status
                    #expect(status == 101)
                    peer.send(#"{"type":"connection_init"\#(payload)}"#)
                    _ = try await peer.text("connection_ack")
                    peer.send(
                        #"{"id":"1","type":"subscribe","payload":{"query":"\#(Stage.manualDocument())"}}"#
                    )
                    if isForbidden {
                        #expect(try await peer.text("error").contains("Forbidden"))
                    } else {
                        try await peer.settle()
                        await stage.upstream.emit(1)
                        _ = try await peer.text("next")
                    }
                }
            }
        }

        @Test func `where nobody has a token an optional one is needed`() async throws {
            try await Self.run(isRequired: false) { stage, authority, connect in
                let (ann, nobody) = (try connect(authority.issue("ann")), try connect(nil))
                #expect(try await ann.upgrade("/topics/m").status == 101)
                for path in ["/topics/m", "/graphql"] {
                    let subprotocol = path == "/graphql" ? "graphql-transport-ws" : nil
                    let peer = try connect(nil)
                    #expect(try await peer.upgrade(path, subprotocols: subprotocol).status == 403)
                }
                let answer = try await nobody.get("/topics/m", headers: "Accept: text/event-stream\r\n")
                #expect(answer.status == 403 && answer.body == "a client certificate is needed\n")
                let sample = #"fanout_credentials_refused_total{reason="certificate_missing"}"#
                #expect(try await Self.metric(sample, in: stage) == 3)
                #expect(!stage.relay.listeners[0].isOpenToOthers)
            }
        }

        @Test func `other authorities count from the next handshake on`() async throws {
            let other = try AuthorityFiles()
            try await Self.run { stage, authority, connect in
                let (former, latter) = (try authority.issue("ann"), try other.issue("ann"))
                let staying = try await Peer.plain(on: connect(former))
                authority.become(other)
                try stage.relay.reloadCertificates()
                #expect(try await connect(latter).get("/healthz").status == 200)
                let refused = try connect(former)
                refused.send(raw: Array("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n".utf8))
                #expect(await refused.textToEnd().isEmpty)
                await stage.upstream.emit(1)
                #expect(try await staying.number() == 1)
            }
        }
    }
}
