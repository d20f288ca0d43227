import FanoutRelay
import GraphQLSession
import Testing

extension Loopback {
    /// Results of queries and mutations, errors or not, go back byte for byte.
    @Suite(.timeLimit(.minutes(1)))
    struct RawResultTests {
        private static let json = "Content-Type: application/json\r\n"

        /// Member order, spaces, escapes, numbers and members that nobody knows are the server's.
        private static let results = [
            #"{ "extensions":{"z":1,"a":[ ]},"data":{"n":1.50e+2}}"#,
            #"{"errors":[{"path":["a",0],"message":"\u00e9\/","extensions":{"code":"X"}}] ,"data":{"a":null}}"#,
            #"{"extensions":{"cost":1},"errors":[{"message":"m","own":true}],"data":null,"own":{"b":1,"a":2}}"#,
            #"{"data":{"b":1,"a":2},"errors":[{"message":"m"}],"extensions":{}}"#,
        ]
        /// Nothing was executed.
        private static let refusal =
            #"{"extensions":{"b":1,"a":2}, "errors":[{"locations":[ ],"message":"m"}],"own":0}"#

        private static func payload(_ kind: String, _ raw: String) -> String {
            #"{"query":"\#(kind)($raw: JSON) { a(raw: $raw) }","variables":{"raw":\#(raw)}}"#
        }

        private static func percentEncoded(_ text: String) -> String {
            text.utf8.map { byte in
                let digits = String(byte, radix: 16, uppercase: true)
                return "%" + (digits.count == 1 ? "0" : "") + digits
            }.joined()
        }

        @Test(arguments: results + [refusal], ["query", "mutation"])
        func `over WebSockets, in both protocols`(raw: String, kind: String) async throws {
            try await Stage.scripted { stage, _ in
                for (subprotocol, start, result) in [
                    ("graphql-transport-ws", "subscribe", "next"), ("graphql-ws", "start", "data"),
                ] {
                    let peer = try await Peer.acknowledged(stage, subprotocol)
                    peer.send(#"{"id":"1","type":"\#(start)","payload":\#(Self.payload(kind, raw))}"#)
                    #expect(
                        try await peer.texts(of: "1", through: #""type":"complete"}"#) == [
                            #"{"id":"1","type":"\#(result)","payload":\#(raw)}"#, #"{"id":"1","type":"complete"}"#,
                        ]
                    )
                }
            }
        }

        @Test(arguments: results + [refusal])
        func `over HTTP, by POST, by GET and of a named query`(raw: String) async throws {
            let named = try NamedQuery(name: "echo", document: "query($raw: JSON) { a(raw: $raw) }")
            try await Stage.scripted(adjust: { $0.namedQueries = [named] }) { stage, _ in
                let peer = try Peer(port: stage.port)
                let response = "Accept: application/graphql-response+json\r\n"
                let (query, variables) = ("query($raw: JSON) { a(raw: $raw) }", #"{"raw":\#(raw)}"#)
                let path = "/graphql?query=\(Self.percentEncoded(query))&variables=\(Self.percentEncoded(variables))"
                let answers = [
                    try await peer.post("/graphql", Self.payload("query", raw), headers: Self.json + response),
                    try await peer.post("/graphql", Self.payload("mutation", raw), headers: Self.json + response),
                    try await peer.get(path, headers: response),
                ]
                for answer in answers {
                    #expect(answer.body == raw)
                    #expect(answer.status == (raw == Self.refusal ? 400 : 200))
                }
                let plain = "Accept: application/json\r\n"
                for answer in [
                    try await peer.post("/graphql", Self.payload("query", raw), headers: Self.json + plain),
                    try await peer.get("/queries/echo?raw=\(Self.percentEncoded(raw))"),
                ] {
                    #expect(answer.body == raw)
                    #expect(answer.status == 200)
                }
            }
        }

        @Test(arguments: [("query", "MESSAGE_TOO_LARGE"), ("mutation", "OUTCOME_UNKNOWN")])
        func `an answer over --max-message is an error with a code, of that operation only`(
            kind: String,
            code: String
        ) async throws {
            try await Stage.scripted(adjust: { $0.session.maximumMessageSize = 10_000 }) { stage, upstream in
                let query = "\(kind) { text(bytes: 50000) }"
                let peer = try await Peer.graphQL(stage)
                try await peer.subscribe("s", Stage.manualDocument())
                peer.send(#"{"id":"1","type":"subscribe","payload":{"query":"\#(query)"}}"#)
                let error = try await peer.text("error")
                #expect(error.contains(#""code":"\#(code)""#))
                #expect(error.contains(kind == "query" ? "larger than --max-message" : "couldn't be taken"))
                let answer = try await Peer(port: stage.port).post(
                    "/graphql",
                    #"{"query":"\#(query)"}"#,
                    headers: Self.json
                )
                #expect(answer.status == 502)
                #expect(answer.body.contains(#""code":"\#(code)""#))
                // Neither is repeated, and the link stays.
                #expect(await upstream.operations == 2)
                #expect(try await stage.metric("fanout_upstream_connects_total") == 1)
                await upstream.emit(1)
                #expect(try await peer.number() == 1)
            }
        }
    }
}
