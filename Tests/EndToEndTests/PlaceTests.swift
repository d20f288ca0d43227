import DemoUpstream
import Fanout
import FanoutRelay
import Testing

extension Loopback {
    /// Where clients begin that ask for a place: tokens of other runs, tokens of the future, the last events.
    @Suite(.timeLimit(.minutes(1)))
    struct PlaceTests {
        private static func epoch(_ peer: Peer) async throws -> String {
            let text = try await peer.text("event")
            let rest = try #require(text.firstRange(of: #""epoch":""#).map { text[$0.upperBound...] })
            return String(rest.prefix { $0 != "\"" })
        }

        private static func tokens(_ stage: Stage, after token: String) async throws -> (Peer, String) {
            let peer = try await Peer.tokens(at: stage.port)
            let relay = #"{"after":"\#(token)"}"#
            return (peer, try await peer.open("1", Stage.manualDocument(), relay: relay))
        }

        @Test(arguments: [TopicDefinition.Snapshot.none, .last])
        func `a token of another epoch begins with the oldest event that is held, behind a gap`(
            snapshot: TopicDefinition.Snapshot
        ) async throws {
            try await Stage.run([Stage.manual(snapshot: snapshot)], shards: 2) { stage in
                let witnesses = [try await Peer.plain(stage), try await Peer.plain(stage)]
                await stage.upstream.emit(3)
                for peer in witnesses { #expect(try await peer.numbers(3) == [1, 2, 3]) }
                let plain = try await Peer.plain(stage, "/topics/m?after=other:2")
                #expect(try await plain.text() == #"{"type":"status","topic":"m","upstream":"live"}"#)
                let gap = try await plain.text("gap")
                #expect(gap.number(after: #""sequence":"#) == 0)
                #expect(gap.contains("the epoch is over"))
                let bare = try await Peer.plain(stage, "/topics/m?after=other:2&format=payload")
                let (tokens, opening) = try await Self.tokens(stage, after: "other:2")
                #expect(opening.contains("the epoch is over"))
                #expect(opening.contains(#":0","gap":{"after":""#))
                let stream = try await Peer.stream(stage, headers: "Last-Event-ID: other:2\r\n")
                #expect(try await stream.event("gap").sequence == 0)
                await stage.upstream.emit(1)
                for peer in [plain, bare, tokens] { #expect(try await peer.numbers(4) == [1, 2, 3, 4]) }
                for number in 1...4 as ClosedRange<UInt64> { #expect(try await stream.event().sequence == number) }
                #expect(try await stage.metric("fanout_unresumed_total") == 4)
                #expect(try await stage.metric("fanout_untold_gaps_total") == 1)
            }
        }

        @Test(arguments: [3, 1_000, 99_999, 18_446_744_073_709_551_615] as [UInt64])
        func `a token ahead of the newest event gets a gap, and what comes next`(sequence: UInt64) async throws {
            try await Stage.run([Stage.manual()], shards: 2) { stage in
                let witnesses = [try await Peer.plain(stage), try await Peer.plain(stage)]
                await stage.upstream.emit(2)
                let epoch = try await Self.epoch(witnesses[0])
                #expect(try await witnesses[0].number() == 2)
                #expect(try await witnesses[1].numbers(2) == [1, 2])
                let token = "\(epoch):\(sequence)"
                let plain = try await Peer.plain(stage, "/topics/m?after=\(token)")
                let gap = try await plain.text("gap")
                #expect(gap.number(after: #""sequence":"#) == 2)
                #expect(gap.contains("there is no event \(sequence) yet"))
                let (tokens, opening) = try await Self.tokens(stage, after: token)
                #expect(opening.contains(#""token":"\#(epoch):2","gap":{"after":"\#(epoch):2","#))
                let stream = try await Peer.stream(stage, headers: "Last-Event-ID: \(token)\r\n")
                // From here on it comes back with a token that can be honoured.
                #expect(try await stream.event("gap").id == "\(epoch):2")
                await stage.upstream.emit(3)
                for peer in [plain, tokens] { #expect(try await peer.numbers(3) == [3, 4, 5]) }
                for number in 3...5 as ClosedRange<UInt64> { #expect(try await stream.event().sequence == number) }
                #expect(try await stage.metric("fanout_unresumed_total") == 3)
            }
        }

        @Test(arguments: ["last=2", "last=50", "after=EPOCH:1", "after=EPOCH:0", "after=other:1"])
        func `who begins in the past is told the state of now, once, and the gaps of then`(query: String) async throws {
            try await Stage.run([Stage.manual()]) { stage in
                let witness = try await Peer.plain(stage)
                await stage.upstream.emit(2)
                let epoch = try await Self.epoch(witness)
                await stage.upstream.dropLinks(code: 1001)
                _ = await stage.upstream.statistics { $0.operations.total == 2 && $0.operations.now == 1 }
                await stage.upstream.emit(1)
                while try await !witness.text().contains(#""n":3"#) {}
                let path = "/topics/m?\(query.replacing("EPOCH", with: epoch))"
                let plain = try await Peer.plain(stage, path)
                let stream = try await Peer.stream(stage, path)
                let bare = try await Peer.stream(stage, path + "&format=payload")
                var texts: [String] = []
                while texts.last?.contains(#""n":3"#) != true { texts.append(try await plain.text()) }
                #expect(texts[0] == #"{"type":"status","topic":"m","upstream":"live"}"#)
                #expect(texts.count { $0.contains(#""type":"status""#) } == 1)
                #expect(texts.contains { $0.contains("was interrupted") })
                for peer in [stream, bare] {
                    var blocks: [ServerEvent] = []
                    while blocks.last?.data?.contains(#""n":3"#) != true { blocks.append(try await peer.block()) }
                    let named = blocks.filter { $0.data != nil }
                    #expect(named[0].name == "status")
                    #expect(named.count { $0.name == "status" } == 1)
                    #expect(named.contains { $0.name == "gap" && $0.sequence == 2 })
                }
                // What changes from then on is told to them as to all.
                await stage.upstream.dropLinks(code: 1001)
                _ = await stage.upstream.statistics { $0.operations.total == 3 && $0.operations.now == 1 }
                #expect(try await plain.text().contains(#""upstream":"interrupted""#))
                #expect(try await plain.text("gap").number(after: #""sequence":"#) == 3)
                #expect(try await plain.text().contains(#""upstream":"live""#))
            }
        }

        @Test func `an error that is over is no news for who begins in the past`() async throws {
            try await PickyStage.run([PickyStage.topic("news")]) { _ in
                .error("database is starting")
            } _: { stage in
                let witness = try await Peer.plain(at: stage.port, "/topics/news")
                _ = try await witness.text("error")
                await stage.upstream.answer { _ in .results([#"{"data":{"n":1}}"#]) }
                #expect(try await witness.number() == 1)
                let late = try await Peer.plain(at: stage.port, "/topics/news?last=9")
                #expect(try await late.text() == #"{"type":"status","topic":"news","upstream":"live"}"#)
                #expect(try await late.text().contains(#""type":"event""#))
            }
        }
    }
}
