import DemoUpstream
import FanoutRelay
import Testing

extension Loopback {
    /// Clients that come back, or want what was before them.
    @Suite(.timeLimit(.minutes(1)))
    struct ResumeTests {
        /// The epoch of an `event` frame.
        private static func epoch(of text: String) throws -> String {
            let rest = try #require(text.firstRange(of: #""epoch":""#).map { text[$0.upperBound...] })
            return String(rest.prefix { $0 != "\"" })
        }

        private static func sequence(_ number: Int) -> String { "\"sequence\":\(number)," }

        @Test func `a client that comes back gets what it missed, once and in order`() async throws {
            try await Stage.run([Stage.manual()]) { stage in
                let first = try await Peer.plain(stage)
                let witness = try await Peer.plain(stage)
                await stage.upstream.emit(2)
                let epoch = try Self.epoch(of: try await first.text("event"))
                #expect(try await first.text("event").contains(Self.sequence(2)))
                await stage.upstream.emit(3)
                for number in 1...5 { #expect(try await witness.text("event").contains(Self.sequence(number))) }
                let again = try await Peer.plain(stage, "/topics/m?after=\(epoch):2")
                await stage.upstream.emit(1)
                for number in 3...6 { #expect(try await again.text("event").contains(Self.sequence(number))) }
                #expect(try await stage.metric("fanout_unresumed_total") == 0)
            }
        }

        @Test func `a token that can't be honoured is answered with a gap`() async throws {
            try await Stage.run([Stage.manual()]) { stage in
                let witness = try await Peer.plain(stage)
                await stage.upstream.emit(1)
                _ = try await witness.text("event")
                let other = try await Peer.plain(stage, "/topics/m?after=other:1")
                #expect(try await other.text("gap").contains("the epoch is over"))
                await stage.upstream.emit(1)
                for number in 1...2 { #expect(try await other.text("event").contains(Self.sequence(number))) }
                #expect(try await stage.metric("fanout_unresumed_total") == 1)
            }
        }

        @Test func `the last events come first when they are asked for`() async throws {
            try await Stage.run([Stage.manual()]) { stage in
                let witness = try await Peer.plain(stage)
                await stage.upstream.emit(4)
                for _ in 1...4 { _ = try await witness.text("event") }
                let late = try await Peer.plain(stage, "/topics/m?last=2")
                #expect(try await late.text("event").contains(Self.sequence(3)))
                #expect(try await late.text("event").contains(Self.sequence(4)))
            }
        }

        @Test(arguments: ["after=nonsense", "last=0"])
        func `a parameter that can't be understood closes 1008`(query: String) async throws {
            try await Stage.run([Stage.manual()]) { stage in
                let peer = try Peer(port: stage.port)
                #expect(try await peer.upgrade("/topics/m?\(query)").status == 101)
                guard case .close(1008, _)? = await peer.closing() else {
                    Issue.record("not closed with 1008")
                    return
                }
            }
        }
    }
}
