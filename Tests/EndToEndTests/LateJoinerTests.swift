import Fanout
import FanoutRelay
import Testing

extension Loopback {
    /// Clients that join a topic of clients which runs already, and those who want one of their own.
    @Suite(.timeLimit(.minutes(1)))
    struct LateJoinerTests {
        private static let query = "subscription { news }"
        private static let json = "Content-Type: application/json\r\n"

        private static func run(
            shards: Int = 1,
            share: DemandPolicy.Share = .always,
            snapshot: TopicDefinition.Snapshot = .none,
            linger: Duration = .seconds(60),
            _ body: (PickyStage) async throws -> Void
        ) async throws {
            try await PickyStage.run {
                $0.demand.allowsAnySubscription = true
                $0.demand.share = share
                $0.demand.snapshot = snapshot
                $0.demand.linger = linger
                $0.shards = shards
            } reply: { _ in
                .silence
            } _: {
                try await body($0)
            }
        }

        private static func payload(_ number: Int) -> String { #"{"data":{"news":{"n":\#(number)}}}"# }

        /// A client that subscribed first, and got an event.
        private static func first(_ stage: PickyStage) async throws -> Peer {
            let peer = try await Peer.graphQL(at: stage.port)
            try await peer.subscribe("f", query)
            await stage.upstream.wait { $0.operations.count == 1 }
            await stage.upstream.send(payload(1), to: "news")
            #expect(try await peer.number() == 1)
            return peer
        }

        private static func legacy(_ port: UInt16) async throws -> Peer {
            let peer = try Peer(port: port)
            #expect(try await peer.upgrade("/graphql", subprotocols: "graphql-ws").status == 101)
            peer.send(#"{"type":"connection_init"}"#)
            #expect(try await peer.text() == #"{"type":"connection_ack"}"#)
            #expect(try await peer.text() == #"{"type":"ka"}"#)
            peer.send(#"{"type":"start","id":"1","payload":{"query":"\#(query)"}}"#)
            try await peer.settle()
            return peer
        }

        @Test(arguments: [1, 3])
        func `who came after all events of a run gets a run of its own, not the end`(shards: Int) async throws {
            try await Self.run(shards: shards) { stage in
                let first = try await Self.first(stage)
                let standard = try await Peer.graphQL(at: stage.port)
                try await standard.subscribe("1", Self.query)
                let legacy = try await Self.legacy(stage.port)
                let tokens = try await Peer.tokens(at: stage.port)
                let opening = try await tokens.open("1", Self.query)
                #expect(opening.contains(#":1"}}}}"#))
                let events = try Peer(port: stage.port)
                let body = #"{"query":"\#(Self.query)"}"#
                _ = try await events.openStream("POST", "/graphql", Self.json, body)
                try await stage.page("/metrics", holds: "fanout_subscriptions 5\n")

                await stage.upstream.end("news")
                #expect(try await first.text() == #"{"id":"f","type":"complete"}"#)
                await stage.upstream.wait { $0.operations.count == 2 }
                let again = try await tokens.text()
                #expect(again.hasPrefix(#"{"id":"1","type":"next","payload":{"data":null,"#))
                #expect(again.hasSuffix(#":0"}}}}"#) && !again.contains("gap"))
                for number in 7...8 { await stage.upstream.send(Self.payload(number), to: "news") }
                for peer in [standard, legacy, tokens] { #expect(try await peer.numbers(2) == [7, 8]) }
                for number in 7...8 { #expect(try await events.event("next").data == Self.payload(number)) }
                await stage.upstream.end("news")
                for peer in [standard, legacy, tokens] {
                    #expect(try await peer.text().contains(#""type":"complete""#))
                }
                #expect(try await events.event("complete").data == "")
                try await stage.page("/metrics", holds: "fanout_client_topics 0\n")
                try await stage.page("/metrics", holds: "fanout_subscriptions 0\n")
                #expect(await stage.upstream.operations.count == 2)
            }
        }

        @Test func `so it is with an error at the end`() async throws {
            try await Self.run { stage in
                let first = try await Self.first(stage)
                let late = try await Peer.graphQL(at: stage.port)
                try await late.subscribe("l", Self.query)
                await stage.upstream.end("news", error: "over")
                #expect(try await first.text() == #"{"id":"f","type":"error","payload":[{"message":"over"}]}"#)
                await stage.upstream.wait { $0.operations.count == 2 }
                // Of a run without an event the end is all there is.
                await stage.upstream.end("news", error: "refused")
                #expect(try await late.text() == #"{"id":"l","type":"error","payload":[{"message":"refused"}]}"#)
                try await stage.page("/metrics", holds: "fanout_client_topics 0\n")
                #expect(await stage.upstream.operations.count == 2)
            }
        }

        @Test func `who got an event, resumes or has asked for the last one is at the end, too`() async throws {
            try await Self.run { stage in
                let first = try await Self.first(stage)
                let late = try await Peer.graphQL(at: stage.port)
                try await late.subscribe("l", Self.query)
                await stage.upstream.send(Self.payload(2), to: "news")
                #expect(try await late.number() == 2)
                let asking = try await Peer.tokens(at: stage.port)
                let opening = try await asking.open("a", Self.query, relay: #"{"last":1}"#)
                #expect(try await asking.number() == 2)
                let epoch = try #require(opening.firstRange(of: #""token":""#).map { opening[$0.upperBound...] })
                let token = epoch.prefix { $0 != ":" } + ":2"
                let resuming = try await Peer.tokens(at: stage.port)
                _ = try await resuming.open("r", Self.query, relay: #"{"after":"\#(token)"}"#)
                await stage.upstream.end("news")
                for (peer, id) in [(first, "f"), (late, "l"), (asking, "a"), (resuming, "r")] {
                    if id == "f" { #expect(try await peer.number() == 2) }
                    #expect(try await peer.text() == #"{"id":"\#(id)","type":"complete"}"#)
                }
                #expect(await stage.upstream.operations.count == 1)
            }
        }

        @Test func `a run without an event ends for all`() async throws {
            try await Self.run { stage in
                let peers = [try await Peer.graphQL(at: stage.port), try await Peer.graphQL(at: stage.port)]
                for peer in peers { try await peer.subscribe("1", Self.query) }
                await stage.upstream.wait { $0.operations.count == 1 }
                await stage.upstream.end("news")
                for peer in peers { #expect(try await peer.text() == #"{"id":"1","type":"complete"}"#) }
                #expect(await stage.upstream.operations.count == 1)
            }
        }

        @Test func `who leaves before its own run begins leaves nothing behind`() async throws {
            try await Self.run(linger: .zero) { stage in
                let first = try await Self.first(stage)
                let late = try await Peer.graphQL(at: stage.port)
                try await late.subscribe("l", Self.query)
                await stage.upstream.end("news")
                late.send(#"{"id":"l","type":"complete"}"#)
                #expect(try await first.text() == #"{"id":"f","type":"complete"}"#)
                try await late.settle()
                #expect(late.pending.isEmpty)
                try await stage.page("/metrics", holds: "fanout_client_topics 0\n")
                try await stage.page("/metrics", holds: "fanout_subscriptions 0\n")
                // The place has other tenants, and all of them their own events.
                try await late.subscribe("2", "subscription { other }")
                await stage.upstream.wait { $0.count(of: "other") == 1 }
                await stage.upstream.send(Self.payload(5), to: "other")
                #expect(try await late.number() == 5)
            }
        }

        @Test(arguments: [1, 2])
        func `with a snapshot who comes later begins with the last event, and is at the end`(shards: Int) async throws {
            try await Self.run(shards: shards, snapshot: .last) { stage in
                let first = try await Self.first(stage)
                await stage.upstream.send(Self.payload(2), to: "news")
                #expect(try await first.number() == 2)
                var late: [Peer] = []
                for _ in 0..<3 {
                    let peer = try await Peer.graphQL(at: stage.port)
                    try await peer.subscribe("f", Self.query)
                    #expect(try await peer.number() == 2)
                    late.append(peer)
                }
                let tokens = try await Peer.tokens(at: stage.port)
                #expect(try await tokens.open("t", Self.query).contains(#":1","newest":"#))
                #expect(try await tokens.number() == 2)
                let events = try Peer(port: stage.port)
                let body = #"{"query":"\#(Self.query)"}"#
                _ = try await events.openStream("POST", "/graphql", Self.json, body)
                #expect(try await events.event("next").data == Self.payload(2))
                await stage.upstream.end("news")
                for peer in late + [first] { #expect(try await peer.text() == #"{"id":"f","type":"complete"}"#) }
                #expect(try await tokens.text() == #"{"id":"t","type":"complete"}"#)
                #expect(try await events.event("complete").data == "")
                #expect(await stage.upstream.operations.count == 1)
            }
        }

        @Test(arguments: [1, 2])
        func `without sharing each subscription is an operation of its own, which ends with its client`(shards: Int)
            async throws
        {
            try await Self.run(shards: shards, share: .never) { stage in
                var peers: [Peer] = []
                for number in 1...3 {
                    let peer = try await Peer.graphQL(at: stage.port)
                    // Equal texts, on one connection, too.
                    for id in ["a", "b"] { try await peer.subscribe(id, Self.query) }
                    await stage.upstream.wait { $0.operations.count == 2 * number }
                    peers.append(peer)
                }
                try await stage.page("/metrics", holds: "fanout_client_topics 6\n")
                await stage.upstream.send(Self.payload(1), to: "news")
                #expect(try await peers[2].text() == #"{"id":"b","type":"next","payload":\#(Self.payload(1))}"#)
                for peer in peers.dropLast() {
                    try await peer.settle()
                    #expect(peer.pending.isEmpty)
                }
                await stage.upstream.end("news")
                #expect(try await peers[2].text() == #"{"id":"b","type":"complete"}"#)
                try await stage.page("/metrics", holds: "fanout_client_topics 5\n")
                // They don't linger: nobody could come for them.
                peers[0].send(#"{"id":"a","type":"complete"}"#)
                try await stage.page("/metrics", holds: "fanout_client_topics 4\n")
                peers = []
                try await stage.page("/metrics", holds: "fanout_client_topics 0\n")
            }
        }

        @Test func `without sharing there is nothing to resume, which is told; the operator's topics are joined`()
            async throws
        {
            try await PickyStage.run([PickyStage.topic("news")]) {
                $0.demand.allowsAnySubscription = true
                $0.demand.share = .never
            } reply: { _ in
                .silence
            } _: { stage in
                let tokens = try await Peer.tokens(at: stage.port)
                let opening = try await tokens.open("1", "subscription { other }")
                let rest = try #require(opening.firstRange(of: #""token":""#).map { opening[$0.upperBound...] })
                let relay = #"{"after":"\#(rest.prefix { $0 != "\"" })"}"#
                let again = try await tokens.open("2", "subscription { other }", relay: relay)
                #expect(again.contains("the epoch is over"))
                for id in ["3", "4"] { _ = try await tokens.open(id, Self.query) }
                await stage.upstream.wait { $0.count(of: "other") == 2 }
                #expect(await stage.upstream.count(of: "news") == 1)
            }
        }
    }
}
