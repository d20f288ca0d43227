import AccessTokens
import Fanout
import FanoutRelay
import Testing

extension Loopback {
    /// Who may enter, and what they may have, at every door.
    @Suite(.timeLimit(.minutes(1)))
    struct AccessTests {
        private static let all = "all-all-all-all-all-all"
        private static let prices = "prices-prices-prices-prices"
        private static let reader = "reader-reader-reader-reader"
        private static let tokens = """
            \(all) subject=ann scopes=subscribe,execute,own,admin
            \(prices) subject=ben topics=price*
            \(reader) subject=cat topics=none scopes=execute
            """

        private static func run(
            over transport: Transport = .plaintext,
            adjust: (inout Configuration) -> Void = { _ in },
            _ body: (Stage) async throws -> Void
        ) async throws {
            let tokens = try StaticTokens(parsing: Array(tokens.utf8))
            let topics = [try Stage.manual("prices"), try Stage.manual("news", bytes: 1)]
            try await Stage.run(topics, over: transport) {
                $0.authorizer = Authorizer(verifier: TokenVerifier(staticTokens: tokens), cookieName: "session")
                $0.allowsExecution = true
                adjust(&$0)
            } _: {
                try await body($0)
            }
        }

        private static func bearer(_ token: String) -> String { "Authorization: Bearer \(token)\r\n" }

        @Test(arguments: Transport.all)
        func `a topic's path needs a token that is good for it`(transport: Transport) async throws {
            try await Self.run(over: transport) { stage in
                let cases: [(headers: String, path: String, status: Int)] = [
                    (Self.bearer(Self.all), "/topics/news", 101), (Self.bearer(Self.prices), "/topics/prices", 101),
                    (Self.bearer(Self.prices), "/topics/news", 403), (Self.bearer(Self.reader), "/topics/news", 403),
                    ("Cookie: session=\(Self.prices)\r\n", "/topics/prices", 101), ("", "/topics/prices", 401),
                    (Self.bearer("wrong-wrong-wrong-wrong"), "/topics/prices", 401),
                    (Self.bearer(Self.all) + "Cookie: session=\(Self.prices)\r\n", "/topics/prices", 400),
                    ("Cookie: other=\(Self.prices)\r\n", "/topics/prices", 401),
                    ("", "/topics/prices?ticket=\(Self.prices)", 401),
                ]
                for (headers, path, status) in cases {
                    let answer = try await stage.connect().upgrade(path, headers: headers)
                    #expect(answer.status == status, "\(headers) \(path)")
                    guard status == 401 || status == 403 else { continue }
                    #expect(answer.head.contains("WWW-Authenticate: Bearer"), "\(answer.head)")
                }
                let stream = "Accept: text/event-stream\r\n"
                for (headers, path, status) in cases where status != 101 {
                    let answer = try await stage.connect().get(path, headers: headers + stream)
                    #expect(answer.status == status, "\(headers) \(path)")
                }
            }
        }

        private static func initialise(_ stage: Stage, _ payload: String?, headers: String = "", legacy: Bool = false)
            async throws -> Peer
        {
            let peer = try stage.connect()
            let subprotocol = legacy ? "graphql-ws" : "graphql-transport-ws"
            #expect(try await peer.upgrade("/graphql", subprotocols: subprotocol, headers: headers).status == 101)
            peer.send(#"{"type":"connection_init"\#(payload.map { #","payload":\#($0)"# } ?? "")}"#)
            return peer
        }

        @Test(arguments: [
            #"{"Authorization":"Bearer \#(prices)"}"#, #"{"authorization":"\#(prices)"}"#, #"{"token":"\#(prices)"}"#,
            #"{"headers":{"Authorization":"Bearer \#(prices)"}}"#,
        ])
        func `P5 a token in connection_init lets a client in`(payload: String) async throws {
            try await Self.run { stage in
                let peer = try await Self.initialise(stage, payload)
                #expect(try await peer.text() == #"{"type":"connection_ack"}"#)
            }
        }

        @Test(arguments: [
            nil, "{}", #"{"token":"wrong-wrong-wrong-wrong"}"#, #"{"token":"\#(all)","authorization":"x"}"#,
        ])
        func `without a good token the acknowledgement is withheld, and 4401 says why`(payload: String?) async throws {
            try await Self.run { stage in
                let peer = try await Self.initialise(stage, payload)
                let closing = await peer.closing()
                guard case .close(4401, let reason)? = closing else {
                    Issue.record("\(String(describing: closing))")
                    return
                }
                #expect(reason.hasPrefix("Unauthorized: "))
                let legacy = try await Self.initialise(stage, payload, legacy: true)
                #expect(try await legacy.text("connection_error").contains("Unauthorized"))
            }
        }

        @Test func `a token of the handshake is enough, and one of connection_init goes before it`() async throws {
            try await Self.run { stage in
                let peer = try await Self.initialise(stage, nil, headers: Self.bearer(Self.all))
                #expect(try await peer.text() == #"{"type":"connection_ack"}"#)
                try await peer.subscribe("1", try Stage.manual("news", bytes: 1).document)
                try await peer.settle()
                let other = try await Self.initialise(
                    stage,
                    #"{"token":"\#(Self.prices)"}"#,
                    headers: Self.bearer(Self.all)
                )
                #expect(try await other.text() == #"{"type":"connection_ack"}"#)
                other.send(#"{"id":"1","type":"subscribe","payload":{"query":"\#(Stage.manualDocument(bytes: 1))"}}"#)
                #expect(try await other.text("error").contains("Forbidden"))
                let refused = try await stage.connect()
                    .upgrade("/graphql", subprotocols: "graphql-transport-ws", headers: Self.bearer("x"))
                #expect(refused.status == 401)
            }
        }

        @Test func `operations are for those who may have them`() async throws {
            try await Self.run {
                $0.demand.allowsAnySubscription = true
            } _: { stage in
                let manual = Stage.manualDocument()
                let cases: [(token: String, query: String, name: String?, isForbidden: Bool)] = [
                    (Self.prices, manual, nil, false), (Self.prices, "", "prices", false),
                    (Self.prices, Stage.manualDocument(bytes: 1), nil, true), (Self.reader, manual, nil, true),
                    (Self.prices, "subscription { tick { n } }", nil, true),
                    (Self.all, "subscription { tick { n } }", nil, false), (Self.prices, "{ now }", nil, true),
                    (Self.prices, "mutation { x }", nil, true),
                ]
                for (number, (token, query, name, isForbidden)) in cases.enumerated() {
                    let peer = try await Self.initialise(stage, #"{"token":"\#(token)"}"#)
                    _ = try await peer.text("connection_ack")
                    let operation = name.map { #","operationName":"\#($0)""# } ?? ""
                    peer.send(
                        #"{"id":"\#(number)","type":"subscribe","payload":{"query":"\#(query)"\#(operation)}}"#
                    )
                    if isForbidden {
                        #expect(try await peer.text("error").contains("Forbidden: "), "\(token) \(query)")
                    } else {
                        try await peer.settle()
                    }
                }
                // What a client may not have, it doesn't hear of, nor that another has asked for it.
                let knowing = try await Self.initialise(stage, #"{"token":"\#(Self.all)"}"#)
                _ = try await knowing.text("connection_ack")
                knowing.send(#"{"id":"1","type":"subscribe","payload":{"query":"","operationName":"news"}}"#)
                try await knowing.settle()
                let peer = try await Self.initialise(stage, #"{"token":"\#(Self.prices)"}"#)
                _ = try await peer.text("connection_ack")
                peer.send(#"{"id":"1","type":"subscribe","payload":{"query":"","operationName":"news"}}"#)
                let error = try await peer.text("error")
                #expect(error.contains("no topic of this relay is named"), "\(error)")
                // `tick` runs for another client.
                peer.send(#"{"id":"2","type":"subscribe","payload":{"query":"subscription { tick { n } }"}}"#)
                #expect(try await peer.text("error").contains("the scope 'own'"))
            }
        }

        @Test func `plain requests get what their token is good for`() async throws {
            try await Self.run { stage in
                let cases: [(path: String, token: String?, status: Int)] = [
                    ("/healthz", nil, 200), ("/readyz", nil, 200), ("/", nil, 200), ("/topics", nil, 401),
                    ("/metrics", nil, 401), ("/metrics", Self.prices, 403), ("/metrics", Self.all, 200),
                    ("/graphql?query=%7Bnow%7D", nil, 401), ("/graphql?query=%7Bnow%7D", Self.prices, 403),
                    ("/topics", Self.prices, 200),
                ]
                for (path, token, status) in cases {
                    let answer = try await stage.connect().get(path, headers: token.map(Self.bearer) ?? "")
                    #expect(answer.status == status, "\(path) \(token ?? "")")
                    if path == "/topics", status == 200 {
                        #expect(answer.body.contains(#""prices""#) && !answer.body.contains(#""news""#))
                    }
                    if path.hasPrefix("/graphql") { #expect(answer.body.contains(#"{"errors":[{"message""#)) }
                }
            }
        }

        @Test func `refusals are counted by reason, and tokens are never logged`() async throws {
            try await Self.run { stage in
                _ = try await stage.connect().get("/topics")
                _ = try await stage.connect().get("/topics", headers: Self.bearer("wrong-wrong-wrong-wrong"))
                _ = try await stage.connect().get("/metrics", headers: Self.bearer(Self.prices))
                let metrics = try await stage.connect().get("/metrics", headers: Self.bearer(Self.all)).body
                for (reason, count) in [("absent", 1), ("unknown_token", 1), ("scope", 1)] {
                    let sample = #"fanout_credentials_refused_total{reason="\#(reason)"} \#(count)"#
                    #expect(metrics.contains(sample), "\(sample)")
                }
                let log = stage.log.lines.joined(separator: "\n")
                for token in [Self.all, Self.prices, "wrong-wrong"] { #expect(!log.contains(token)) }
            }
        }
    }
}
