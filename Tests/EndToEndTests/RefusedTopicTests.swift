import Backoffs
import Fanout
import FanoutRelay
import Testing

extension Loopback {
    /// The operator's topics whose operation the server answers with errors, or whose link is lost.
    @Suite(.timeLimit(.minutes(1)))
    struct RefusedTopicTests {
        private static let starting: @Sendable (String) -> PickyUpstream.Reply = { text in
            text.contains("news") ? .error("database is starting") : .results([#"{"data":{"n":1}}"#])
        }

        @Test func `a refused topic comes back on the same link, and who comes then gets no stale error`() async throws
        {
            let topics = [try PickyStage.topic("news"), try PickyStage.topic("other")]
            try await PickyStage.run(topics, reply: Self.starting) { stage in
                let plain = try await Peer.plain(at: stage.port, "/topics/news")
                #expect(try await plain.text("error").contains("database is starting"))
                let graphQL = try await Peer.graphQL(at: stage.port)
                try await graphQL.subscribe("1", "subscription { news }")
                #expect(try await graphQL.text("error").contains("database is starting"))

                let body = try await stage.page("/readyz", holds: "news (failed)")
                #expect(body == "ready, without these topics:\nnews (failed)\n")
                #expect(try await Peer(port: stage.port).get("/readyz").status == 200)
                try await stage.page("/metrics", holds: #"fanout_topic_down{topic="news"} 1"#)
                try await stage.page("/metrics", holds: #"fanout_topic_down{topic="other"} 0"#)

                await stage.upstream.answer { _ in .results([#"{"data":{"n":2}}"#]) }
                #expect(try await plain.text("event").contains(#"{"n":2}"#))
                try await graphQL.subscribe("2", "subscription { news }")
                let late = try await Peer.plain(at: stage.port, "/topics/news")
                #expect(try await late.text() == #"{"type":"status","topic":"news","upstream":"live"}"#)
                try await late.settle()
                #expect(late.pending.isEmpty)
                #expect(try await Peer(port: stage.port).get("/readyz").body == "ready\n")
                try await stage.page("/metrics", holds: #"fanout_topic_down{topic="news"} 0"#)
                #expect(await stage.upstream.links == 1)
            }
        }

        @Test func `the loss of the link ends a refusal: who comes then waits for the next link`() async throws {
            try await PickyStage.run([PickyStage.topic("news")]) {
                $0.retrySubscribe = .constant(.seconds(30))
            } reply: {
                Self.starting($0)
            } _: { stage in
                let plain = try await Peer.plain(at: stage.port, "/topics/news")
                _ = try await plain.text("error")
                await stage.upstream.shut(true)
                await stage.upstream.cut()
                #expect(try await plain.text() == #"{"type":"status","topic":"news","upstream":"interrupted"}"#)
                let late = try await Peer.plain(at: stage.port, "/topics/news")
                #expect(try await late.text() == #"{"type":"status","topic":"news","upstream":"interrupted"}"#)
                try await late.settle()
                #expect(late.pending.isEmpty)
                let graphQL = try await Peer.graphQL(at: stage.port)
                try await graphQL.subscribe("1", "subscription { news }")
                try await graphQL.settle()
                #expect(graphQL.pending.isEmpty)
            }
        }

        @Test func `one that the server takes without an event is live after a while`() async throws {
            try await PickyStage.run([PickyStage.topic("news")], reply: Self.starting) { stage in
                let plain = try await Peer.plain(at: stage.port, "/topics/news")
                _ = try await plain.text("error")
                await stage.upstream.answer { _ in .silence }
                #expect(try await plain.text() == #"{"type":"status","topic":"news","upstream":"live"}"#)
            }
        }

        @Test func `refusals are charged: a back-off that gives up tries again on the next link only`() async throws {
            try await PickyStage.run([PickyStage.topic("news")]) {
                $0.retrySubscribe = Backoff(waits: .constant(.milliseconds(1)), maxTries: 3)
            } reply: {
                Self.starting($0)
            } _: { stage in
                await stage.upstream.wait { $0.operations.count == 3 }
                try await stage.log(holds: "gave up to restart the topic")
                let graphQL = try await Peer.graphQL(at: stage.port)
                try await graphQL.subscribe("1", "subscription { news }")
                #expect(try await graphQL.text("error").contains("database is starting"))
                #expect(await stage.upstream.operations.count == 3)
                await stage.upstream.cut()
                await stage.upstream.wait { $0.operations.count == 6 }
                #expect(await stage.upstream.links == 2)
            }
        }

        @Test func `lost links cost a topic nothing of its budget, and no wait`() async throws {
            var topic = try PickyStage.topic("news")
            topic.snapshot = .last
            try await PickyStage.run([topic]) {
                $0.retrySubscribe = Backoff(waits: .constant(.seconds(30)), maxTries: 2)
            } reply: { _ in
                .results([#"{"data":{"n":1}}"#])
            } _: { stage in
                await stage.upstream.wait { $0.operations.count == 1 }
                let plain = try await Peer.plain(at: stage.port, "/topics/news")
                for _ in 1...5 {
                    _ = try await plain.numbers(1)
                    await stage.upstream.cut()
                    #expect(try await plain.text().hasSuffix(#""upstream":"interrupted"}"#))
                    #expect(try await plain.text().contains(#""type":"gap""#))
                }
                _ = try await plain.numbers(1)
                #expect(await stage.upstream.links == 6)
            }
        }

        @Test func `an outage of many topics is one line, and so is its end`() async throws {
            let topics = try (1...1000).map { try PickyStage.topic("t\($0)") }
            try await PickyStage.run(topics, reply: { _ in .silence }) { stage in
                await stage.upstream.wait { $0.operations.count == 1000 }
                await stage.upstream.cut()
                await stage.upstream.wait { $0.operations.count == 2000 }
                try await stage.log(holds: "topics resumed")
                let lines = stage.log.lines.filter { $0.contains(": topics ") }
                #expect(lines.count == 2)
                #expect(lines.first?.hasPrefix("info: topics interrupted") == true)
                #expect(lines.allSatisfy { $0.contains("topics=1000") })
                let summary = stage.log.lines.filter { $0.hasPrefix("notice: upstream connected after an outage") }
                #expect(summary.count == 1 && summary.allSatisfy { $0.contains("topics=1000") }, "\(summary)")
            }
        }
    }
}
