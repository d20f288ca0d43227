import DemoUpstream
import Fanout
import FanoutRelay
import Testing

extension Loopback {
    /// Documents that no server would run: the relay answers them, at every door.
    @Suite(.timeLimit(.minutes(1)))
    struct BrokenDocumentTests {
        private static let documents: [(text: String, problem: String, column: Int)] = [
            ("subscription { manual { n }", "unexpected end at line 1, column 28", 28),
            ("subscription { manual(x:) }", "unexpected ) at line 1, column 25", 25),
            ("subscription { manual { n } other }", "a subscription has one field at its top", 29),
            ("subscription { ...F }", #"no fragment is named \"F\", at line 1, column 19"#, 19),
            ("subscription($a: Int) { manual { n } }", "the variable $a is defined but not used", 14),
            ("query { serverTime(a: $a) }", "the variable $a is used but not defined", 23),
            ("{ ...F } fragment F on Query { ...F }", #"the fragment \"F\" contains itself"#, 35),
            ("mutation { a(x: 1, x: 2) }", #"a second argument named \"x\""#, 20),
        ]

        private static func run(_ body: (Stage) async throws -> Void) async throws {
            try await Stage.run([Stage.manual()]) { configuration in
                configuration.allowsExecution = true
                configuration.demand.allowsAnySubscription = true
            } _: { stage in
                try await stage.readiness(becomes: 200)
                let before = await stage.upstream.statistics { _ in true }.operations.total
                try await body(stage)
                #expect(await stage.upstream.statistics { _ in true }.operations.total == before)
            }
        }

        @Test(arguments: OperationJoinTests.Way.allCases)
        func `a client of streams is told the place, and nothing reaches the server`(
            way: OperationJoinTests.Way
        ) async throws {
            try await Self.run { stage in
                for (text, problem, column) in Self.documents {
                    let peer = try Peer(port: stage.port)
                    try await way.ask([("query", "\"\(text)\"")], peer)
                    let answer = try await way.next(peer)
                    #expect(answer.contains(problem), "\(answer)")
                    #expect(answer.contains(#""locations":[{"line":1,"column":\#(column)}]"#), "\(answer)")
                }
            }
        }

        @Test(arguments: [("application/graphql-response+json", 400), ("application/json", 200)])
        func `over HTTP the status is that of the media type`(type: String, status: Int) async throws {
            try await Self.run { stage in
                let peer = try Peer(port: stage.port)
                for (text, problem, column) in Self.documents {
                    let headers = "Content-Type: application/json\r\nAccept: \(type)\r\n"
                    let answer = try await peer.post("/graphql", #"{"query":"\#(text)"}"#, headers: headers)
                    #expect(answer.status == status, "\(answer)")
                    #expect(answer.body.contains(problem), "\(answer)")
                    let rest = #""locations":[{"line":1,"column":\#(column)}],"extensions":{"code":"BAD_REQUEST"}"#
                    #expect(answer.body.contains(rest), "\(answer)")
                }
                let got = try await peer.get("/graphql?query=%7Ba(x:)%7D", headers: "Accept: \(type)\r\n")
                #expect(got.status == status && got.body.contains("column 6"), "\(got)")
            }
        }
    }
}
