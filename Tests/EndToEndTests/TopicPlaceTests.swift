import DemoUpstream
import Fanout
import FanoutRelay
import Testing

extension Loopback {
    /// Places for topics of clients, and how long those without subscribers hold them.
    @Suite(.timeLimit(.minutes(1)))
    struct TopicPlaceTests {
        private static func run(
            limit: Int,
            linger: Duration,
            _ body: (Stage) async throws -> Void
        ) async throws {
            try await Stage.run([]) {
                $0.demand.allowsAnySubscription = true
                $0.demand.linger = linger
                $0.demand.maximumTopics = limit
            } _: {
                try await body($0)
            }
        }

        @Test func `who flaps through documents takes the places of its own leavings, and nobody is refused`()
            async throws
        {
            try await Self.run(limit: 4, linger: .seconds(600)) { stage in
                let steady = try await Peer.graphQL(stage)
                try await steady.subscribe("s", Stage.manualDocument())
                let peer = try await Peer.graphQL(stage)
                for bytes in 1...30 {
                    try await peer.subscribe("\(bytes)", Stage.manualDocument(bytes: bytes))
                    peer.send(#"{"id":"\#(bytes)","type":"complete"}"#)
                    try await stage.metric("fanout_client_topics_opened_total", reaches: UInt64(bytes + 1))
                }
                #expect(try await stage.metric("fanout_client_topics_refused_total") == 0)
                #expect(try await stage.metric("fanout_client_topics") == 3)
                _ = await stage.upstream.statistics { $0.operations.total == 31 && $0.operations.now == 3 }
                await stage.upstream.emit(1)
                #expect(try await steady.numbers(1) == [1])
            }
        }

        @Test func `the one that lingers for longest goes first, and one that is listened to again stays`()
            async throws
        {
            try await Self.run(limit: 4, linger: .seconds(600)) { stage in
                let peer = try await Peer.graphQL(stage)
                for bytes in 1...3 {
                    try await peer.subscribe("\(bytes)", Stage.manualDocument(bytes: bytes))
                    peer.send(#"{"id":"\#(bytes)","type":"complete"}"#)
                    try await stage.metric("fanout_client_topics_opened_total", reaches: UInt64(bytes))
                }
                try await peer.subscribe("again", Stage.manualDocument(bytes: 1))
                try await peer.subscribe("new", Stage.manualDocument(bytes: 4))
                _ = await stage.upstream.statistics { $0.operations.total == 4 && $0.operations.now == 3 }
                // The third lingers still, the second is gone.
                try await peer.subscribe("third", Stage.manualDocument(bytes: 3))
                await stage.upstream.emit(1)
                var ids: Set<String> = []
                for _ in 1...3 {
                    let text = try await peer.text("next")
                    ids.formUnion(["again", "new", "third"].filter { text.contains($0) })
                }
                #expect(ids == ["again", "new", "third"])
                #expect(await stage.upstream.statistics.operations.total == 4)
                // All are listened to: there is nothing to take.
                try await peer.subscribe("more", Stage.manualDocument(bytes: 5))
                #expect(try await peer.text("error").contains("your address has as many different subscriptions"))
                #expect(try await stage.metric("fanout_client_topics_refused_total") == 1)
            }
        }

        @Test func `the last tenth of the places is for addresses that have none`() async throws {
            try await Self.run(limit: 10, linger: .seconds(600)) { stage in
                let greedy = try await Peer.graphQL(stage)
                for bytes in 1...9 {
                    try await greedy.subscribe("\(bytes)", Stage.manualDocument(bytes: bytes))
                    try await stage.metric("fanout_client_topics_opened_total", reaches: UInt64(bytes))
                }
                try await greedy.subscribe("10", Stage.manualDocument(bytes: 10))
                #expect(try await greedy.text("error").contains("your address has as many different subscriptions"))
                // Another connection of it is no other address.
                let accomplice = try await Peer.graphQL(stage)
                try await accomplice.subscribe("1", Stage.manualDocument(bytes: 10))
                #expect(try await accomplice.text("error").contains("your address has as many"))
                let other = try await Peer.graphQL(stage, host: 2)
                try await other.subscribe("1", Stage.manualDocument(bytes: 10))
                _ = await stage.upstream.statistics { $0.operations.now == 10 }
                await stage.upstream.emit(1)
                #expect(try await other.number() == 1)
                // Now all are taken, for everybody.
                let third = try await Peer.graphQL(stage, host: 3)
                try await third.subscribe("1", Stage.manualDocument(bytes: 11))
                #expect(try await third.text("error").contains("this relay has as many different"))
                #expect(try await stage.metric("fanout_client_topics_refused_total") == 3)
            }
        }

        @Test func `a topic lingers as long as its flag says from its last subscriber on`() async throws {
            try await Self.run(limit: 4, linger: .seconds(4)) { stage in
                let peer = try await Peer.graphQL(stage)
                try await peer.subscribe("1", Stage.manualDocument())
                _ = await stage.upstream.statistics { $0.operations.now == 1 }
                peer.send(#"{"id":"1","type":"complete"}"#)
                try await peer.settle()
                // Looked at four seconds after the first end, it has been empty for two.
                try await Task.sleep(for: .seconds(2))
                try await peer.subscribe("2", Stage.manualDocument())
                peer.send(#"{"id":"2","type":"complete"}"#)
                let last = ContinuousClock.now
                _ = await stage.upstream.statistics { $0.operations.now == 0 }
                let time = last.duration(to: .now)
                #expect(time > .milliseconds(3990))
                #expect(time < .milliseconds(5900))
                #expect(await stage.upstream.statistics.operations.total == 1)
            }
        }
    }
}
