import DemoUpstream
import Fanout
import FanoutRelay
import Testing

extension Loopback {
    /// Outages before a topic's first event: what they swallow is told as any other loss.
    @Suite(.timeLimit(.minutes(1)))
    struct UneventfulOutageTests {
        private static let reason = "the upstream subscription was interrupted"
        private static let json = "Content-Type: application/json\r\n"

        /// The link is lost, and comes back.
        private static func interrupt(_ stage: Stage) async {
            let wanted = await stage.upstream.statistics.operations.total + 1
            await stage.upstream.dropLinks(code: 1001)
            _ = await stage.upstream.statistics { $0.operations.total == wanted && $0.operations.now == 1 }
        }

        /// The states, gaps and events that a plain client gets up to an event; gaps and events by their number.
        private static func story(_ peer: Peer) async throws -> [String] {
            var story: [String] = []
            while story.last?.hasPrefix("event") != true {
                let text = try await peer.text()
                let number = text.number(after: #""sequence":"#).map { " \($0)" } ?? ""
                for type in ["event", "gap", "error"] where text.contains(#""type":"\#(type)""#) {
                    story.append(type + number)
                }
                for status in ["live", "interrupted", "waiting", "failed"] where text.contains(#"am":"\#(status)""#) {
                    story.append(status)
                }
            }
            return story
        }

        private static func streamStory(_ peer: Peer) async throws -> [String] {
            var story: [String] = []
            while story.last?.hasPrefix("event") != true {
                let event = try await peer.block()
                guard let data = event.data else { continue }
                switch event.name {
                case "": story.append("event \(event.sequence ?? 99)")
                case "gap": story.append("gap \(event.sequence ?? 99)")
                case "status":
                    story.append(data.split(separator: "\"").last { $0.first?.isLetter == true }.map(String.init) ?? "")
                default: story.append(event.name)
                }
            }
            return story
        }

        @Test(arguments: [1, 2])
        func `plain, SSE and token clients get a gap after 0, whatever was before their coming`(outages: Int)
            async throws
        {
            try await Stage.run([Stage.manual()], shards: 2) { stage in
                try await stage.metric(#"fanout_topic_live{topic="m"}"#, reaches: 1)
                var plain: [Peer] = []
                // There are some on either shard.
                for _ in 0..<3 { plain.append(try await Peer.plain(stage)) }
                for peer in plain { try await Self.hear("live", on: peer) }
                let streams = [
                    try await Peer.stream(stage), try await Peer.stream(stage, "/topics/m?format=payload"),
                ]
                for stream in streams { try await stream.greeting() }
                let tokens = try await Peer.tokens(at: stage.port)
                let opening = try await tokens.open("1", Stage.manualDocument())
                let epoch = try #require(Self.epoch(of: opening))
                for _ in 0..<outages { await Self.interrupt(stage) }
                await stage.upstream.emit(1)
                let outage = (0..<outages).flatMap { _ in ["interrupted", "gap 0", "live"] }
                for peer in plain { #expect(try await Self.story(peer) == outage + ["event 1"]) }
                for stream in streams { #expect(try await Self.streamStory(stream) == outage + ["event 1"]) }
                for _ in 0..<outages {
                    let gap = #"{"token":"\#(epoch):0","gap":{"after":"\#(epoch):0","reason":"\#(Self.reason)"}}"#
                    let payload = #"{"data":null,"extensions":{"relay":\#(gap)}}"#
                    #expect(try await tokens.text() == #"{"id":"1","type":"next","payload":\#(payload)}"#)
                }
                #expect(try await tokens.number() == 1)
                #expect(try await stage.metric(#"fanout_topic_gaps_total{topic="m"}"#) == UInt64(outages))
                #expect(try await stage.metric("fanout_untold_gaps_total") == 0)
            }
        }

        /// Waits until the shard of a client knows of a state, which the metrics may say a moment before.
        private static func hear(_ status: String, on peer: Peer) async throws {
            while try await !peer.text().contains(#""upstream":"\#(status)""#) {}
        }

        private static func epoch(of text: String) -> String? {
            text.firstRange(of: #""token":""#).map { String(text[$0.upperBound...].prefix { $0 != ":" }) }
        }

        @Test func `who comes within the outage gets the gap, who comes after it lost nothing`() async throws {
            try await Stage.run([Stage.manual()]) { stage in
                try await stage.metric(#"fanout_topic_live{topic="m"}"#, reaches: 1)
                let witness = try await Peer.plain(stage)
                try await Self.hear("live", on: witness)
                await stage.upstream.setFault(.refuseUpgrade(status: 503))
                await stage.upstream.dropLinks(code: 1001)
                try await stage.metric(#"fanout_topic_live{topic="m"}"#, reaches: 0)
                try await Self.hear("interrupted", on: witness)
                let within = try await Peer.plain(stage)
                await stage.upstream.setFault(.none)
                _ = await stage.upstream.statistics { $0.operations.now == 1 }
                try await stage.metric(#"fanout_topic_live{topic="m"}"#, reaches: 1)
                try await Self.hear("live", on: witness)
                let after = try await Peer.plain(stage)
                let last = try await Peer.plain(stage, "/topics/m?last=5")
                let stream = try await Peer.stream(stage, "/topics/m?last=5")
                try await stream.greeting()
                await stage.upstream.emit(1)
                #expect(try await Self.story(within) == ["interrupted", "gap 0", "live", "event 1"])
                for peer in [after, last] { #expect(try await Self.story(peer) == ["live", "event 1"]) }
                #expect(try await Self.streamStory(stream) == ["event 1"])
            }
        }

        @Test func `a topic that never ran leaves none`() async throws {
            try await Stage.run([Stage.manual()], fault: .refuseUpgrade(status: 503)) { stage in
                let peer = try await Peer.plain(stage)
                let tokens = try await Peer.tokens(at: stage.port)
                _ = try await tokens.open("1", Stage.manualDocument())
                _ = await stage.upstream.statistics { $0.sockets.total >= 0 }
                await stage.upstream.setFault(.none)
                _ = await stage.upstream.statistics { $0.operations.now == 1 }
                await stage.upstream.emit(1)
                #expect(try await Self.story(peer) == ["waiting", "live", "event 1"])
                #expect(try await tokens.number() == 1)
                #expect(try await stage.metric(#"fanout_topic_gaps_total{topic="m"}"#) == 0)
            }
        }

        @Test(arguments: [TopicDefinition.GapAction.close, .continue])
        func `who can't be told is closed with 1012 where the topic says so, or counted`(
            action: TopicDefinition.GapAction
        ) async throws {
            var topic = try Stage.manual()
            topic.gapAction = action
            try await Stage.run([topic], shards: 2) { stage in
                try await stage.metric(#"fanout_topic_live{topic="m"}"#, reaches: 1)
                let newer = try await Peer.graphQL(stage)
                try await newer.subscribe("1", Stage.manualDocument())
                let legacy = try await Peer.acknowledged(stage, "graphql-ws")
                legacy.send(#"{"type":"start","id":"1","payload":{"query":"\#(Stage.manualDocument())"}}"#)
                try await legacy.settle()
                let payload = try await Peer.plain(stage, "/topics/m?format=payload")
                let events = try Peer(port: stage.port)
                let body = #"{"query":"\#(Stage.manualDocument())"}"#
                _ = try await events.openStream("POST", "/graphql", Self.json, body)
                try await stage.metric("fanout_subscriptions", reaches: 4)
                await Self.interrupt(stage)
                guard action == .close else {
                    await stage.upstream.emit(1)
                    for peer in [newer, payload] { #expect(try await peer.number() == 1) }
                    #expect(try await events.event("next").data == #"{"data":{"manual":{"n":1}}}"#)
                    return try await stage.metric("fanout_untold_gaps_total", reaches: 4)
                }
                for peer in [newer, legacy, payload] {
                    #expect(await peer.closing() == .close(1012, "Events may be missing: ask anew"))
                }
                let rest = await events.textToEnd()
                #expect(!rest.contains("next") && !rest.contains("complete"))
                #expect(try await stage.metric("fanout_untold_gaps_total") == 0)
                // Who comes back stays.
                let again = try await Peer.graphQL(stage)
                try await again.subscribe("1", Stage.manualDocument())
                await stage.upstream.emit(1)
                #expect(try await again.number() == 1)
            }
        }

        @Test(arguments: [false, true])
        func `EPOCH with 0 resumes with a gap, held or not`(isForgotten: Bool) async throws {
            try await Stage.run([Stage.manual()], shards: 2) { configuration in
                configuration.lag.historyEvents = isForgotten ? 1 : .max
            } _: { stage in
                try await stage.metric(#"fanout_topic_live{topic="m"}"#, reaches: 1)
                let tokens = try await Peer.tokens(at: stage.port)
                let epoch = try #require(Self.epoch(of: try await tokens.open("1", Stage.manualDocument())))
                // Before the outage it lacks nothing.
                let early = try await Peer.plain(stage, "/topics/m?after=\(epoch):0")
                await Self.interrupt(stage)
                let witnesses = [early, try await Peer.plain(stage), try await Peer.plain(stage)]
                if isForgotten {
                    // Each in a batch of its own, which all shards have when their witness has it.
                    for _ in 1...2 {
                        await stage.upstream.emit(1)
                        for peer in witnesses { while try await !peer.text().contains(#""type":"event""#) {} }
                    }
                } else {
                    while try await !early.text().contains(#""type":"gap""#) {}
                }
                let relay = #"{"after":"\#(epoch):0"}"#
                for _ in 0..<2 {
                    let plain = try await Peer.plain(stage, "/topics/m?after=\(epoch):0")
                    #expect(try await plain.text("gap").number(after: #""sequence":"#) == 0)
                    let stream = try await Peer.stream(stage, headers: "Last-Event-ID: \(epoch):0\r\n")
                    #expect(try await stream.event("gap").id == "\(epoch):0")
                    let again = try await Peer.tokens(at: stage.port)
                    var told = try await again.open("1", Stage.manualDocument(), relay: relay)
                    if !isForgotten { told = try await again.text() }
                    #expect(told.contains(#""gap":{"after":"\#(epoch):0","#), "\(told)")
                }
                #expect(try await stage.metric("fanout_unresumed_total") == (isForgotten ? 6 : 0))
            }
        }

        @Test func `a topic that rested before its first event tells who comes back`() async throws {
            var topic = try Stage.manual()
            topic.start = .demand
            try await Stage.run([topic]) {
                $0.demand.linger = .zero
            } _: { stage in
                try await stage.readiness(becomes: 200)
                var tokens: Peer? = try await Peer.tokens(at: stage.port)
                let epoch = try #require(Self.epoch(of: try await tokens?.open("1", Stage.manualDocument()) ?? ""))
                try await stage.metric(#"fanout_topic_live{topic="m"}"#, reaches: 1)
                tokens = nil
                try await stage.metric(#"fanout_topic_live{topic="m"}"#, reaches: 0)
                try await stage.metric(#"fanout_topic_gaps_total{topic="m"}"#, reaches: 1)
                let returning = try await Peer.plain(stage, "/topics/m?after=\(epoch):0")
                let gap = try await returning.text("gap")
                #expect(gap.number(after: #""sequence":"#) == 0)
                #expect(gap.contains("nobody listened"))
                _ = await stage.upstream.statistics { $0.operations.now == 1 }
                await stage.upstream.emit(1)
                #expect(try await returning.number() == 1)
            }
        }

        @Test func `a refetch follows the gap`() async throws {
            var topic = try Stage.manual()
            topic.refetch = "{ serverTime }"
            try await Stage.run([topic]) { stage in
                try await stage.metric(#"fanout_topic_live{topic="m"}"#, reaches: 1)
                let peer = try await Peer.plain(stage)
                await stage.upstream.dropLinks(code: 1001)
                #expect(try await peer.text("gap").number(after: #""sequence":"#) == 0)
                #expect(try await peer.text("event").contains("serverTime"))
            }
        }

        @Test func `a client's own topic tells it, too`() async throws {
            try await Stage.run([], shards: 2) {
                $0.demand.allowsAnySubscription = true
            } _: { stage in
                let tokens = try await Peer.tokens(at: stage.port)
                let opening = try await tokens.open("1", Stage.manualDocument())
                let epoch = try #require(Self.epoch(of: opening))
                try await stage.metric(#"fanout_topic_live{topic="*"}"#, reaches: 1)
                await Self.interrupt(stage)
                #expect(try await tokens.text().contains(#""gap":{"after":"\#(epoch):0","#))
                // On either shard, one of which is handed the history.
                for _ in 0..<3 {
                    let again = try await Peer.tokens(at: stage.port)
                    _ = try await again.open("1", Stage.manualDocument(), relay: #"{"after":"\#(epoch):0"}"#)
                    #expect(try await again.text().contains(#""gap":{"after":"\#(epoch):0","#))
                }
            }
        }
    }
}
