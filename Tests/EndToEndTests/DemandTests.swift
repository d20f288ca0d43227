import DemoUpstream
import Fanout
import FanoutRelay
import Testing

extension Loopback {
    /// Topics that start with their first subscriber.
    @Suite(.timeLimit(.minutes(1)))
    struct DemandTests {
        private static func any(linger: Duration = .zero, limit: Int = 100) -> (inout Configuration) -> Void {
            { configuration in
                configuration.demand.allowsAnySubscription = true
                configuration.demand.linger = linger
                configuration.demand.maximumTopics = limit
            }
        }

        @Test func `equal subscriptions of clients on two shards share one operation, which ends after the last`()
            async throws
        {
            try await Stage.run([], shards: 2, adjust: Self.any()) { stage in
                var peers: [Peer] = []
                for index in 0..<6 {
                    let peer = try await Peer.graphQL(stage)
                    let spaces = String(repeating: " ", count: index)
                    try await peer.subscribe("\(index)", "subscription {\(spaces) manual { n } }")
                    peers.append(peer)
                }
                _ = await stage.upstream.statistics { $0.operations.now == 1 }
                await stage.upstream.emit(3)
                for peer in peers { #expect(try await peer.numbers(3) == [1, 2, 3]) }
                #expect(await stage.upstream.statistics.operations.total == 1)
                #expect(try await stage.metric("fanout_client_topics") == 1)
                #expect(try await stage.metric(#"fanout_topic_events_total{topic="*"}"#) == 3)

                for (index, peer) in peers.dropLast().enumerated() {
                    peer.send(#"{"id":"\#(index)","type":"complete"}"#)
                    try await peer.settle()
                }
                await stage.upstream.emit(1)
                #expect(try await peers[5].numbers(1) == [4])
                peers[5].send(#"{"id":"5","type":"complete"}"#)
                _ = await stage.upstream.statistics { $0.operations.now == 0 }
                try await stage.metric("fanout_client_topics", reaches: 0)
                try await stage.metric(#"fanout_topic_live{topic="*"}"#, reaches: 0)

                // The same again is a new operation.
                try await peers[0].subscribe("again", "subscription { manual { n } }")
                _ = await stage.upstream.statistics { $0.operations.now == 1 && $0.operations.total == 2 }
                await stage.upstream.emit(1)
                #expect(try await peers[0].text().hasPrefix(#"{"id":"again","type":"next""#))
            }
        }

        @Test func `other variables are another topic; the operator's topics come first`() async throws {
            try await Stage.run([Stage.manual()], adjust: Self.any()) { stage in
                let peer = try await Peer.graphQL(stage)
                try await peer.subscribe("own", Stage.manualDocument())
                for bytes in [1, 2] {
                    let query = "subscription($b: Int) { manual(payloadBytes: $b) { n padding } }"
                    peer.send(
                        #"{"id":"\#(bytes)","type":"subscribe","payload":{"query":"\#(query)","variables":{"b":\#(bytes)}}}"#
                    )
                }
                _ = await stage.upstream.statistics { $0.operations.now == 3 }
                await stage.upstream.emit(1)
                var ids: Set<String> = []
                for _ in 0..<3 { ids.insert(String(try await peer.text().prefix(12))) }
                #expect(ids.count == 3)
                #expect(try await stage.metric("fanout_client_topics") == 2)
            }
        }

        @Test func `complete and errors of the upstream end the clients' operations, in their place`() async throws {
            try await Stage.run([], adjust: Self.any(linger: .seconds(600))) { stage in
                let peer = try await Peer.graphQL(stage)
                for round in 1...2 {
                    try await peer.subscribe("c", "subscription { countdown(from: 3, intervalMs: 1) }")
                    for number in [3, 2, 1, 0] {
                        let expected = #"{"id":"c","type":"next","payload":{"data":{"countdown":\#(number)}}}"#
                        #expect(try await peer.text() == expected)
                    }
                    #expect(try await peer.text() == #"{"id":"c","type":"complete"}"#)
                    try await peer.subscribe("f", "subscription { failing }")
                    let failure = try await peer.text()
                    #expect(failure.hasPrefix(#"{"id":"f","type":"error","payload":[{"message":""#))
                    try await stage.metric("fanout_client_topics_opened_total", reaches: UInt64(2 * round))
                    try await stage.metric("fanout_client_topics", reaches: 0)
                }
                #expect(await stage.upstream.statistics.operations.total == 4)
            }
        }

        @Test func `one subscription too many is refused with an error, and the others go on`() async throws {
            try await Stage.run([], adjust: Self.any(limit: 3)) { stage in
                let peer = try await Peer.graphQL(stage)
                for bytes in 1...3 { try await peer.subscribe("\(bytes)", Stage.manualDocument(bytes: bytes)) }
                let refusal = try await peer.text("error")
                #expect(refusal.hasPrefix(#"{"id":"3","type":"error","payload":[{"message":"your address has as many"#))
                _ = await stage.upstream.statistics { $0.operations.now == 2 }
                #expect(try await stage.metric("fanout_client_topics_refused_total") == 1)
                // There is room again when one has ended.
                peer.send(#"{"id":"1","type":"complete"}"#)
                try await stage.metric("fanout_client_topics", reaches: 1)
                try await peer.subscribe("3", Stage.manualDocument(bytes: 3))
                _ = await stage.upstream.statistics { $0.operations.total == 3 && $0.operations.now == 2 }
            }
        }

        @Test func `a topic of clients lives through an outage`() async throws {
            try await Stage.run([], adjust: Self.any()) { stage in
                let peer = try await Peer.graphQL(stage)
                try await peer.subscribe("1", Stage.manualDocument())
                _ = await stage.upstream.statistics { $0.operations.now == 1 }
                await stage.upstream.emit(1)
                #expect(try await peer.numbers(1) == [1])
                await stage.upstream.dropLinks(code: 1012)
                _ = await stage.upstream.statistics { $0.operations.total == 2 && $0.operations.now == 1 }
                await stage.upstream.emit(1)
                #expect(try await peer.numbers(1) == [2])
                #expect(try await stage.metric(#"fanout_topic_gaps_total{topic="*"}"#) == 1)
            }
        }

        @Test func `a topic that nobody listens to ends with an outage`() async throws {
            try await Stage.run([], adjust: Self.any(linger: .seconds(600))) { stage in
                let peer = try await Peer.graphQL(stage)
                for bytes in [1, 2] { try await peer.subscribe("\(bytes)", Stage.manualDocument(bytes: bytes)) }
                _ = await stage.upstream.statistics { $0.operations.now == 2 }
                peer.send(#"{"id":"1","type":"complete"}"#)
                try await peer.settle()
                #expect(await stage.upstream.statistics.operations.now == 2)
                await stage.upstream.dropLinks(code: 1012)
                try await stage.metric("fanout_client_topics", reaches: 1)
                // The link may be back before its shard has let go of it: then it is started once more, and ended.
                _ = await stage.upstream.statistics { $0.operations.total >= 3 && $0.operations.now == 1 }
            }
        }

        @Test func `who leaves before the upstream is there leaves nothing behind`() async throws {
            try await Stage.run([], fault: .neverAcknowledge, adjust: Self.any()) { stage in
                let peer = try await Peer.graphQL(stage)
                for round in 1...5 as ClosedRange<UInt64> {
                    try await peer.subscribe("1", Stage.manualDocument())
                    peer.send(#"{"id":"1","type":"complete"}"#)
                    try await stage.metric("fanout_client_topics_opened_total", reaches: round)
                    try await stage.metric("fanout_client_topics", reaches: 0)
                }
                #expect(try await stage.metric("fanout_subscriptions") == 0)
            }
        }

        @Test func `without leave of the operator only the topics are served`() async throws {
            try await Stage.run([Stage.manual()]) { stage in
                let peer = try await Peer.graphQL(stage)
                try await peer.subscribe("1", "subscription { tick { n } }")
                #expect(try await peer.text("error").contains("no topic of this relay has this operation"))
                #expect(await stage.upstream.statistics.operations.total == 1)
            }
        }

        @Test func `a topic that was refused while it ran on demand is tried anew with the next subscriber`()
            async throws
        {
            var topic = try TopicDefinition(name: "m", document: "subscription { failing }")
            topic.start = .demand
            try await Stage.run([topic]) {
                $0.demand.linger = .zero
            } _: { stage in
                let peer = try await Peer.graphQL(stage)
                // Until it rests, its errors are known without the server.
                while await stage.upstream.statistics.operations.total < 3 {
                    try await peer.subscribe("1", "subscription { failing }")
                    #expect(try await peer.text("error").hasPrefix(#"{"id":"1","type":"error""#))
                }
            }
        }

        @Test func `what is ordered without a subscriber in the end is let go`() async throws {
            try await Stage.run([], adjust: Self.any()) { stage in
                let head = try Peer(port: stage.port)
                let path = "/graphql?query=subscription%7Bmanual%7Bn%7D%7D"
                #expect(try await head.ask("HEAD", path, "Accept: text/event-stream\r\n").status == 200)
                #expect(try await stage.metric("fanout_client_topics_opened_total") == 0)

                let peer = try await Peer.opened(stage)
                peer.send(#"{"type":"connection_init","payload":{"relay":{"tokens":true}}}"#)
                _ = try await peer.text("connection_ack")
                let query = Stage.manualDocument()
                peer.send(
                    #"{"id":"1","type":"subscribe","payload":{"query":"\#(query)","extensions":{"relay":{"last":0}}}}"#
                )
                #expect(try await peer.text("error").contains("extensions.relay"))
                try await stage.metric("fanout_client_topics_opened_total", reaches: 1)
                try await stage.metric("fanout_client_topics", reaches: 0)
            }
        }

        @Test func `an operator's topic that starts on demand runs only while somebody listens on any shard`()
            async throws
        {
            var topic = try Stage.manual()
            topic.start = .demand
            try await Stage.run([topic], shards: 2) {
                $0.demand.linger = .zero
            } _: { stage in
                try await stage.readiness(becomes: 200)
                #expect(await stage.upstream.statistics.operations.total == 0)
                var peers: [Peer] = []
                for _ in 0..<4 { peers.append(try await .plain(stage)) }
                _ = await stage.upstream.statistics { $0.operations.now == 1 }
                await stage.upstream.emit(2)
                let first = try await peers[0].text("event")
                let epoch = try #require(first.split(separator: #""epoch":""#).last?.split(separator: "\"").first)
                for peer in peers.dropFirst() { #expect(try await peer.numbers(2) == [1, 2]) }
                peers = []
                _ = await stage.upstream.statistics { $0.operations.now == 0 }
                try await stage.metric(#"fanout_topic_live{topic="m"}"#, reaches: 0)
                await stage.upstream.emit(1)

                // Who comes for the first time has missed nothing; who comes back is told.
                let next = try await Peer.plain(stage)
                let returning = try await Peer.plain(stage, "/topics/m?after=\(epoch):1")
                _ = await stage.upstream.statistics { $0.operations.now == 1 }
                await stage.upstream.emit(1)
                #expect(try await returning.text("event").number(after: #""sequence":"#) == 2)
                #expect(try await returning.text("gap").number(after: #""sequence":"#) == 2)
                for peer in [next, returning] {
                    let event = try await peer.text("event")
                    #expect(event.number(after: #""sequence":"#) == 3)
                    #expect(event.number(after: #""n":"#) == 4)
                }
                #expect(await stage.upstream.statistics.operations.total == 2)
            }
        }
    }
}
