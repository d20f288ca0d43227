import FanoutRelay
import Testing

extension Loopback {
    /// Operations with several results, and what clients are told that get none.
    @Suite(.timeLimit(.minutes(1)))
    struct ExecutionErrorTests {
        private static let json = "Content-Type: application/json\r\n"
        private static let deferred = "{ parts ... @defer { b } }"
        private static let protocols = [
            ("graphql-transport-ws", "subscribe", "next"), ("graphql-ws", "start", "data"),
        ]

        private static func subscribe(_ id: String, _ query: String, type: String = "subscribe") -> String {
            #"{"id":"\#(id)","type":"\#(type)","payload":{"query":"\#(query)"}}"#
        }

        @Test(arguments: protocols, ["{ parts ... @defer { b } }", "{ increments ... @defer { b } }"])
        func `all results of a query with @defer arrive over WebSockets, as they were sent, then complete`(
            dialect: (subprotocol: String, start: String, result: String),
            query: String
        ) async throws {
            try await Stage.scripted { stage, _ in
                let peer = try await Peer.acknowledged(stage, dialect.subprotocol)
                peer.send(Self.subscribe("1", query, type: dialect.start))
                let texts = try await peer.texts(of: "1", through: #""type":"complete""#)
                let parts = query.contains("parts") ? ScriptedUpstream.parts : ScriptedUpstream.increments
                let results = parts.map { #"{"id":"1","type":"\#(dialect.result)","payload":\#($0)}"# }
                #expect(texts == results + [#"{"id":"1","type":"complete"}"#])
                try await stage.metric("fanout_executions", reaches: 0)
            }
        }

        @Test(arguments: [
            ("{ parts cut ... @defer { b } }", "UPSTREAM_INTERRUPTED", "before the last result"),
            (
                "mutation { parts cut ... @defer { b } }", "OUTCOME_UNKNOWN",
                "nobody knows whether the mutation was executed"
            ),
        ])
        func `results that are cut short end with an error that says so`(
            query: String,
            code: String,
            message: String
        ) async throws {
            try await Stage.scripted { stage, _ in
                let peer = try await Peer.graphQL(stage)
                peer.send(Self.subscribe("1", query))
                for part in ScriptedUpstream.parts {
                    #expect(try await peer.text() == #"{"id":"1","type":"next","payload":\#(part)}"#)
                }
                let error = try await peer.text("error")
                #expect(error.contains(#""code":"\#(code)""#))
                #expect(error.contains(message))
            }
        }

        @Test func `over HTTP a query with @defer is 406 with a code, and nothing is executed`() async throws {
            try await Stage.scripted(adjust: {
                $0.namedQueries = [try! NamedQuery(name: "parts", document: "{ parts ... @defer { b } }")]
            }) { stage, upstream in
                let peer = try Peer(port: stage.port)
                let posted = try await peer.post("/graphql", #"{"query":"\#(Self.deferred)"}"#, headers: Self.json)
                let accepting = "Accept: text/event-stream\r\n" + Self.json
                let events = try await peer.post("/graphql", #"{"query":"\#(Self.deferred)"}"#, headers: accepting)
                for answer in [posted, events, try await peer.get("/queries/parts")] {
                    #expect(answer.status == 406)
                    #expect(answer.body.contains(#""code":"INCREMENTAL_DELIVERY_NOT_SERVED""#))
                }
                let off = #"{"query":"{ n ... @defer(if: false) { b } }"}"#
                #expect(try await peer.post("/graphql", off, headers: Self.json).status == 200)
                #expect(await upstream.operations == 1)
            }
        }

        @Test(arguments: [("{ silence }", "too many queries"), ("mutation { silence }", "too many mutations")])
        func `over the limit a request waits, then is refused with a code`(query: String, message: String) async throws
        {
            try await Stage.scripted(adjust: {
                $0.maximumExecutions = 1
                $0.maximumWaitingExecutions = 1
                $0.executionWait = .milliseconds(200)
            }) { stage, upstream in
                let first = try await Peer.graphQL(stage)
                first.send(Self.subscribe("1", "{ silence }"))
                while await upstream.operations == 0 { await Task.yield() }
                let second = try await Peer.graphQL(stage)
                second.send(Self.subscribe("1", query))
                let error = try await second.text("error")
                #expect(error.contains(#""code":"TOO_MANY_REQUESTS""#))
                #expect(error.contains(message))
                // One that waits when the place becomes free has it.
                second.send(Self.subscribe("2", "{ n }"))
                try await stage.metric("fanout_executions_waiting", reaches: 1)
                await upstream.answerSilent()
                #expect(try await second.text("next").contains(#"{"data":{"n":1}}"#))
                #expect(await upstream.operations == 2)
            }
        }

        @Test func `a mutation whose link broke says that its outcome is unknown`() async throws {
            try await Stage.scripted { stage, upstream in
                let peer = try await Peer.graphQL(stage)
                peer.send(Self.subscribe("1", "mutation { hangUp }"))
                let error = try await peer.text("error")
                #expect(error.contains(#""code":"OUTCOME_UNKNOWN""#))
                #expect(error.contains("nobody knows whether the mutation was executed"))
                #expect(await upstream.operations == 1)
            }
        }
    }
}
