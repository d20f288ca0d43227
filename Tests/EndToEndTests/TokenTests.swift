import DemoUpstream
import Fanout
import FanoutRelay
import TestSupport
import Testing

extension Loopback {
    /// GraphQL clients that ask for resume tokens.
    @Suite(.timeLimit(.minutes(1)))
    struct TokenTests {
        private static let query = "subscription { manual { n } }"

        /// A client that was acknowledged with tokens; `id` and what follows are as in its subprotocol.
        private static func connect(_ stage: Stage, legacy: Bool = false, receiveBuffer: Int32? = nil) async throws
            -> Peer
        {
            let peer = try Peer(port: stage.port, receiveBuffer: receiveBuffer)
            let answer = try await peer.upgrade(
                "/graphql",
                subprotocols: legacy ? "graphql-ws" : "graphql-transport-ws"
            )
            #expect(answer.status == 101)
            peer.send(#"{"type":"connection_init","payload":{"relay":{"tokens":true}}}"#)
            #expect(try await peer.text() == #"{"type":"connection_ack","payload":{"relay":{"tokens":true}}}"#)
            if legacy { #expect(try await peer.text() == #"{"type":"ka"}"#) }
            return peer
        }

        private static func subscribe(_ peer: Peer, relay: String? = nil, type: String = "subscribe") {
            let extensions = relay.map { #","extensions":{"relay":\#($0)}"# } ?? ""
            peer.send(#"{"id":"1","type":"\#(type)","payload":{"query":"\#(query)"\#(extensions)}}"#)
        }

        private static func token(of text: String) throws -> (epoch: String, sequence: UInt64) {
            let rest = try #require(text.firstRange(of: #""token":""#).map { text[$0.upperBound...] })
            let token = rest.prefix { $0 != "\"" }.split(separator: ":")
            return (String(token[0]), try #require(UInt64(token[1])))
        }

        @Test(arguments: [false, true])
        func `each payload names its event, and the token of one resumes after it`(isLegacy: Bool) async throws {
            let (start, next) = isLegacy ? ("start", "data") : ("subscribe", "next")
            try await Stage.run([Stage.manual()], shards: 2) { stage in
                let first = try await Self.connect(stage, legacy: isLegacy)
                Self.subscribe(first, type: start)
                let opening = try await first.text()
                let (epoch, _) = try Self.token(of: opening)
                func relay(_ sequence: Int) -> String { #""extensions":{"relay":{"token":"\#(epoch):\#(sequence)"}}"# }
                #expect(opening == #"{"id":"1","type":"\#(next)","payload":{"data":null,\#(relay(0))}}"#)
                func event(_ number: Int) -> String {
                    #"{"id":"1","type":"\#(next)","payload":{"data":{"manual":{"n":\#(number)}},\#(relay(number))}}"#
                }
                await stage.upstream.emit(3)
                for number in 1...3 { #expect(try await first.text() == event(number)) }

                let again = try await Self.connect(stage, legacy: isLegacy)
                Self.subscribe(again, relay: #"{"after":"\#(epoch):1"}"#, type: start)
                // What follows happened before.
                let history = #","newest":"\#(epoch):3"}}}}"#
                #expect(
                    try await again.text().hasSuffix(#""payload":{"data":null,\#(relay(1).dropLast(2))\#(history)"#)
                )
                for number in 2...3 { #expect(try await again.text() == event(number)) }
                let late = try await Self.connect(stage, legacy: isLegacy)
                Self.subscribe(late, relay: #"{"last":1}"#, type: start)
                #expect(try await late.text().hasSuffix(#""payload":{"data":null,\#(relay(2).dropLast(2))\#(history)"#))
                #expect(try await late.text() == event(3))
                await stage.upstream.emit(1)
                for peer in [first, again, late] { #expect(try await peer.text() == event(4)) }
                #expect(try await stage.metric("fanout_unresumed_total") == 0)
            }
        }

        @Test(arguments: [
            #"{"type":"connection_init"}"#, #"{"type":"connection_init","payload":{"relay":{"tokens":false}}}"#,
        ])
        func `who doesn't ask meets a standard server, whatever its extensions say`(initialisation: String) async throws
        {
            try await Stage.run([Stage.manual()]) { stage in
                let peer = try await Peer.opened(stage)
                peer.send(initialisation)
                #expect(try await peer.text() == #"{"type":"connection_ack"}"#)
                Self.subscribe(peer, relay: #"{"after":5}"#)
                try await peer.settle()
                await stage.upstream.emit(1)
                #expect(try await peer.text() == #"{"id":"1","type":"next","payload":{"data":{"manual":{"n":1}}}}"#)
                await stage.upstream.dropLinks(code: 1001)
                _ = await stage.upstream.statistics { $0.operations.total == 2 && $0.operations.now == 1 }
                await stage.upstream.emit(1)
                #expect(try await peer.text() == #"{"id":"1","type":"next","payload":{"data":{"manual":{"n":2}}}}"#)
            }
        }

        @Test(arguments: ["{\"after\":\"x\"}", "{\"after\":1}", "{\"last\":0}", "{\"last\":\"1\"}"])
        func `a place that can't be understood ends the operation alone`(relay: String) async throws {
            try await Stage.run([Stage.manual()]) { stage in
                let peer = try await Self.connect(stage)
                Self.subscribe(peer, relay: relay)
                #expect(
                    try await peer.text().hasPrefix(
                        #"{"id":"1","type":"error","payload":[{"message":"extensions.relay: "#
                    )
                )
                Self.subscribe(peer)
                #expect(try await peer.text().contains(#""data":null"#))
            }
        }

        @Test func `an interruption of the upstream is told between the events`() async throws {
            try await Stage.run([Stage.manual()]) { stage in
                let peer = try await Self.connect(stage)
                Self.subscribe(peer)
                let epoch = try Self.token(of: try await peer.text()).epoch
                await stage.upstream.emit(1)
                #expect(try await peer.number() == 1)
                await stage.upstream.dropLinks(code: 1001)
                _ = await stage.upstream.statistics { $0.operations.total == 2 && $0.operations.now == 1 }
                await stage.upstream.emit(1)
                let reason = #""reason":"the upstream subscription was interrupted""#
                let gap = #"{"token":"\#(epoch):1","gap":{"after":"\#(epoch):1",\#(reason)}}"#
                #expect(
                    try await peer.text()
                        == #"{"id":"1","type":"next","payload":{"data":null,"extensions":{"relay":\#(gap)}}}"#
                )
                #expect(try await peer.number() == 2)
                #expect(try await stage.metric("fanout_untold_gaps_total") == 0)
            }
        }

        @Test func `a token of another epoch is answered with a gap`() async throws {
            try await Stage.run([Stage.manual(snapshot: .last)]) { stage in
                let witness = try await Peer.plain(stage)
                await stage.upstream.emit(2)
                #expect(try await witness.numbers(2) == [1, 2])
                let peer = try await Self.connect(stage)
                Self.subscribe(peer, relay: #"{"after":"other:1"}"#)
                let told = try await peer.text()
                #expect(told.contains(#""data":null"#) && told.contains(#""gap":{"after":""#))
                #expect(told.contains("the epoch is over"))
                #expect(try Self.token(of: told).sequence == 0)
                #expect(try await peer.numbers(2) == [1, 2])
                #expect(try await stage.metric("fanout_unresumed_total") == 1)
            }
        }

        @Test(arguments: [TopicDefinition.LagAction.skip, .latest])
        func `a client that doesn't read for a while is told what it lost`(action: TopicDefinition.LagAction)
            async throws
        {
            var topic = try Stage.manual(bytes: 16_384)
            topic.lagAction = action
            try await Stage.run([topic]) { configuration in
                configuration.lag.bytes = 256 << 10
            } _: { stage in
                let slow = try await Self.connect(stage, receiveBuffer: 4096)
                slow.send(#"{"id":"1","type":"subscribe","payload":{"query":"","operationName":"m"}}"#)
                var last = try Self.token(of: try await slow.text()).sequence
                let witness = try await Peer.plain(stage)
                slow.pause()
                let count: UInt64 = 200
                for number in 1...count {
                    await stage.upstream.emit(1)
                    #expect(try await witness.number() == number)
                }
                slow.resume()
                var gaps = 0
                while last < count {
                    let text = try await slow.text()
                    let sequence = try Self.token(of: text).sequence
                    if text.contains(#""gap":{"#) {
                        let after = try #require(text.firstRange(of: #""after":""#).map { text[$0.upperBound...] })
                        #expect(after.split(separator: "\"")[0].hasSuffix(":\(last)"))
                        #expect(sequence > last)
                        gaps += 1
                    } else {
                        #expect(sequence == last + 1)
                    }
                    last = sequence
                }
                #expect(gaps > 0)
                #expect(try await stage.metric("fanout_untold_gaps_total") == 0)
            }
        }

        @Test func `a client's own subscription has tokens, too, and the server never sees what is the relay's`()
            async throws
        {
            try await Stage.run([], shards: 2) { configuration in
                configuration.demand.allowsAnySubscription = true
                configuration.demand.linger = .seconds(60)
            } _: { stage in
                let first = try await Self.connect(stage)
                // Ordered, and not there yet: the place that it asks for can't be either.
                Self.subscribe(first, relay: #"{"after":"old:7"}"#)
                let told = try await first.text()
                #expect(told.contains("the epoch is over"))
                let epoch = try Self.token(of: told).epoch
                #expect(try Self.token(of: told).sequence == 0)
                _ = await stage.upstream.statistics { $0.operations.now == 1 }
                await stage.upstream.emit(3)
                for number in 1...3 as ClosedRange<UInt64> {
                    let text = try await first.text()
                    #expect(text.number(after: #""n":"#) == number)
                    #expect(try Self.token(of: text) == (epoch, number))
                }
                // On either shard: one knows the topic, the other is handed its history.
                var peers = [first]
                for _ in 1...3 {
                    let again = try await Self.connect(stage)
                    peers.append(again)
                    Self.subscribe(again, relay: #"{"after":"\#(epoch):1"}"#)
                    #expect(try Self.token(of: try await again.text()) == (epoch, 1))
                    #expect(try await again.numbers(2) == [2, 3])
                }
                await stage.upstream.emit(1)
                for peer in peers { #expect(try await peer.number() == 4) }
                #expect(await stage.upstream.statistics.operations.total == 1)
                #expect(try await stage.metric("fanout_unresumed_total") == 1)
            }
        }

        /// The relay, the upstream's link and the client come and go at random.
        @Test(arguments: [1, 2, 3] as [UInt64])
        func `a client that disconnects at random sees every event once, or a told gap`(seed: UInt64) async throws {
            try await Stage.run([Stage.manual()], shards: 3) { stage in
                var generator = SplitMix(seed: seed)
                var token: String?
                var (last, emitted, outages) = (0 as UInt64, 0 as UInt64, 1)
                for round in 0..<40 {
                    let peer = try await Self.connect(stage)
                    Self.subscribe(peer, relay: token.map { #"{"after":"\#($0)"}"# })
                    var mustBeTold = false
                    if round % 7 == 3 {
                        outages += 1
                        let wanted = outages
                        await stage.upstream.dropLinks(code: 1001)
                        _ = await stage.upstream.statistics { $0.operations.total == wanted && $0.operations.now == 1 }
                        mustBeTold = token != nil
                    }
                    let count = Int.random(in: 0...20, using: &generator)
                    await stage.upstream.emit(count)
                    emitted += UInt64(count)
                    var left = Int.random(in: 0...30, using: &generator)
                    var opened = false
                    while left > 0, last < emitted || !opened {
                        left -= 1
                        let text = try await peer.text()
                        let place = try Self.token(of: text)
                        if token == nil { last = place.sequence }
                        token = "\(place.epoch):\(place.sequence)"
                        if text.contains(#""gap":{"#) {
                            #expect(place.sequence == last)
                            mustBeTold = false
                        } else if let number = text.number(after: #""n":"#) {
                            #expect(number == last + 1)
                            #expect(place.sequence == number)
                            last = number
                        } else {
                            #expect(place.sequence == last, "it begins where the one before ended")
                            #expect(!opened)
                            opened = true
                        }
                    }
                    // Who has seen an event from behind the outage has been told of it.
                    if count > 0, last == emitted { #expect(!mustBeTold) }
                }
                #expect(last > 50)
                #expect(try await stage.metric("fanout_unresumed_total") == 0)
            }
        }
    }
}
