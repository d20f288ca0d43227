import Fanout
import FanoutRelay
import GraphQLSession
import Testing

extension Loopback {
    /// What a server sends for an operation that is no result, or too large for one.
    @Suite(.timeLimit(.minutes(1)))
    struct InvalidResultTests {
        private static let large = #"{"data":{"n":"\#(String(repeating: "x", count: 3000))"}}"#

        private static func run(_ topics: [TopicDefinition], _ body: (PickyStage) async throws -> Void) async throws {
            try await PickyStage.run(topics) {
                $0.demand.allowsAnySubscription = true
                $0.allowsExecution = true
                $0.session.maximumMessageSize = 1024
            } reply: { text in
                if text.contains("odd") { return .results(["null"]) }
                if text.contains("large") { return .results([large]) }
                if text.contains("flood") { return .results([String(repeating: large, count: 10)]) }
                return .results([#"{"data":{"n":1}}"#])
            } _: {
                try await body($0)
            }
        }

        @Test(arguments: [("odd", "is no result"), ("large", "larger than the limit of 1024 bytes")])
        func `it ends a client's own topic with an error that says so, and is asked for once`(
            field: String,
            reason: String
        ) async throws {
            try await Self.run([]) { stage in
                let peer = try await Peer.graphQL(at: stage.port)
                try await peer.subscribe("1", "subscription { \(field) }")
                let error = try await peer.text()
                #expect(error.hasPrefix(#"{"id":"1","type":"error","payload":[{"message":""#))
                #expect(error.contains(reason))
                try await stage.page("/metrics", holds: "fanout_client_topics 0\n")
                #expect(await stage.upstream.count(of: field) == 1)
                try await peer.subscribe("2", "subscription { fine }")
                #expect(try await peer.text("next").contains(#""id":"2""#))
                #expect(await stage.upstream.links == 1)
            }
        }

        @Test(arguments: ["odd", "large"])
        func `the operator's topic is restarted and told of, and the log says it once`(field: String) async throws {
            try await Self.run([PickyStage.topic(field)]) { stage in
                await stage.upstream.wait { $0.count(of: field) == 5 }
                let plain = try await Peer.plain(at: stage.port, "/topics/\(field)")
                await stage.upstream.answer { _ in .results([#"{"data":{"n":2}}"#]) }
                // What the odd ones were is lost, and told while it lasts.
                var text = try await plain.text()
                while !text.contains(#""type":"event""#) { text = try await plain.text() }
                #expect(text.contains(#"{"n":2}"#))
                try await stage.log(holds: "topic interrupted")
                #expect(stage.log.lines.count { $0.contains("interrupted") } == 1)
                #expect(await stage.upstream.links == 1)
            }
        }

        @Test func `a query whose answer we dropped the link for is sent once`() async throws {
            try await Self.run([]) { stage in
                // The upstream counts its link before the relay has its answer, and without that a query isn't sent.
                try await stage.page("/metrics", holds: "fanout_upstream_connected 1\n")
                let body = #"{"query":"query { flood }"}"#
                let peer = try Peer(port: stage.port)
                let answer = try await peer.post("/graphql", body, headers: "Content-Type: application/json\r\n")
                #expect(answer.status == 503, "\(answer.body)")
                await stage.upstream.wait { $0.links == 2 }
                #expect(await stage.upstream.count(of: "flood") == 1)
            }
        }
    }
}
