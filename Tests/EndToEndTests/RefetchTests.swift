import DemoUpstream
import Fanout
import FanoutRelay
import Testing

extension Loopback {
    /// Topics whose query is run after each restart of their operation.
    @Suite(.timeLimit(.minutes(1)))
    struct RefetchTests {
        private static func topic(_ refetch: String) throws -> TopicDefinition {
            var topic = try Stage.manual()
            topic.refetch = refetch
            return topic
        }

        private static func interrupt(_ stage: Stage) async {
            // The operation's, and the query's.
            let wanted = await stage.upstream.statistics.operations.total + 2
            await stage.upstream.dropLinks(code: 1001)
            _ = await stage.upstream.statistics { $0.operations.total == wanted && $0.operations.now == 1 }
        }

        @Test func `after each restart the query's result is an event, behind the gap and before all others`()
            async throws
        {
            try await Stage.run([Self.topic("{ serverTime }")], shards: 2) { stage in
                let plain = try await Peer.plain(stage)
                let graphQL = try await Peer.graphQL(stage)
                try await graphQL.subscribe("1", Stage.manualDocument())
                await stage.upstream.emit(1)
                #expect(try await plain.text("event").contains(#""sequence":1,"payload":{"data":{"manual":{"n":1}}}"#))
                #expect(try await graphQL.number() == 1)
                for round in 1...2 as ClosedRange<UInt64> {
                    await Self.interrupt(stage)
                    await stage.upstream.emit(1)
                    let sequence = 2 * round
                    #expect(try await plain.text("gap").number(after: #""sequence":"#) == sequence - 1)
                    let result = try await plain.text("event")
                    #expect(result.contains(#""sequence":\#(sequence),"payload":{"data":{"serverTime":"#))
                    #expect(try await plain.text("event").number(after: #""sequence":"#) == sequence + 1)
                    #expect(
                        try await graphQL.text().hasPrefix(#"{"id":"1","type":"next","payload":{"data":{"serverTime":"#)
                    )
                    #expect(try await graphQL.number() == round + 1)
                    // It is in the history.
                    let late = try await Peer.plain(stage, "/topics/m?last=2")
                    #expect(try await late.text("event").contains("serverTime"))
                }
                #expect(try await stage.metric(#"fanout_topic_refetch_failures_total{topic="m"}"#) == 0)
            }
        }

        @Test(arguments: ["{ nothing }", "{ serverTime(a: 1) }"])
        func `a query that fails is counted and logged, and the topic goes on`(query: String) async throws {
            try await Stage.run([Self.topic(query)]) { stage in
                let peer = try await Peer.plain(stage)
                await stage.upstream.emit(1)
                #expect(try await peer.numbers(1) == [1])
                await Self.interrupt(stage)
                try await stage.metric(#"fanout_topic_refetch_failures_total{topic="m"}"#, reaches: 1)
                await stage.upstream.emit(1)
                #expect(try await peer.text("gap").number(after: #""sequence":"#) == 1)
                #expect(try await peer.text("event").contains(#""sequence":2,"payload":{"data":{"manual":{"n":2}}}"#))
                #expect(
                    stage.log.lines.contains { $0.hasPrefix("warning") && $0.contains("the topic's refetch failed") }
                )
            }
        }
    }
}
