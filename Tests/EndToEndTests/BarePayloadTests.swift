import DemoUpstream
import Fanout
import FanoutRelay
import Testing

extension Loopback {
    /// Each sentence of Clients.md about `format=payload`.
    @Suite(.timeLimit(.minutes(1)))
    struct BarePayloadTests {
        @Test func `over WebSocket payloads are all there is: no numbers, states, gaps or errors`() async throws {
            try await PickyStage.run([PickyStage.topic("news")]) { _ in
                .error("starting")
            } _: { stage in
                let told = try await Peer.plain(at: stage.port, "/topics/news")
                let bare = try await Peer.plain(at: stage.port, "/topics/news?format=payload")
                _ = try await told.text("error")
                // As the server sent it, errors of the result and all.
                let odd = #"{"errors":[{"message":"m"}], "data":null,"extensions":{"b":1,"a":[ ]}}"#
                await stage.upstream.answer { _ in .results([odd]) }
                #expect(try await told.text("event").contains(#""payload":\#(odd)}"#))
                await stage.upstream.cut()
                #expect(try await told.text("gap").contains(#""sequence":1"#))
                #expect(try await told.text("event").contains(#""sequence":2"#))
                for _ in 0..<2 { #expect(try await bare.text() == odd) }
                let last = try await Peer.plain(at: stage.port, "/topics/news?format=payload&last=2")
                for _ in 0..<2 { #expect(try await last.text() == odd) }
                try await last.settle()
                #expect(last.pending.isEmpty)
            }
        }

        @Test func `over SSE it is the data of events without a name; ids, gaps, states and errors stay`() async throws
        {
            try await Stage.run([Stage.manual()]) { stage in
                let peer = try await Peer.stream(stage, "/topics/m?format=payload")
                try await peer.greeting()
                await stage.upstream.emit(1)
                let event = try await peer.event()
                #expect(event.data == #"{"data":{"manual":{"n":1}}}"#)
                #expect(event.sequence == 1)
                await stage.upstream.dropLinks(code: 1001)
                let interrupted = try await peer.event("status")
                #expect(interrupted.data == #"{"type":"status","topic":"m","upstream":"interrupted"}"#)
                let gap = try await peer.event("gap")
                #expect(gap.id == event.id)
                #expect(
                    gap.data?.hasPrefix(#"{"type":"gap","topic":"m","epoch":"\#(event.epoch)","sequence":1,"#) == true
                )
                #expect(try await peer.event("status").data?.contains("live") == true)
            }
            try await PickyStage.run([PickyStage.topic("news")]) { _ in
                .error("starting")
            } _: { stage in
                let peer = try Peer(port: stage.port)
                _ = try await peer.openStream("GET", "/topics/news?format=payload")
                let error = try await peer.event("error")
                #expect(error.data == #"{"type":"error","topic":"news","errors":[{"message":"starting"}]}"#)
            }
        }

        @Test func `who came with a token that can't be honoured goes on, though the topic closes at gaps`()
            async throws
        {
            var topic = try Stage.manual()
            topic.gapAction = .close
            try await Stage.run([topic]) { stage in
                let bare = try await Peer.plain(stage, "/topics/m?format=payload&after=other:1")
                await stage.upstream.emit(1)
                #expect(try await bare.text() == #"{"data":{"manual":{"n":1}}}"#)
                #expect(try await stage.metric("fanout_untold_gaps_total") == 1)
                await stage.upstream.dropLinks(code: 1001)
                #expect(await bare.next() == .close(1012, "Events may be missing: ask anew"))
            }
        }
    }
}
