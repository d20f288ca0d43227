import Backoffs
import FanoutRelay
import GraphQLSession
import Logging
import Testing

extension Loopback {
    /// What gets into the log.
    @Suite(.timeLimit(.minutes(1)))
    struct LogLineTests {
        private static func isOneLine(_ line: String) -> Bool {
            !line.unicodeScalars.contains { $0.properties.generalCategory == .control }
        }

        @Test func `a client's close reason forges no line`() async throws {
            try await PickyStage.run([PickyStage.topic("news")], level: .debug, reply: { _ in .silence }) { stage in
                let peer = try await Peer.plain(at: stage.port, "/topics/news")
                let reason = "bye\n2026-01-01T00:00:00 error: forged\u{1B}[2J"
                peer.send(raw: PeerFrame.masked(8, [0x0F, 0xA0] + Array(reason.utf8)))
                _ = await peer.closing()
                try await stage.log(holds: "error: forged")
                let lines = stage.log.lines.filter { $0.contains("forged") }
                #expect(lines.allSatisfy { $0.hasPrefix("debug: client left") && Self.isOneLine($0) })
            }
        }

        @Test func `errors of the upstream forge no line`() async throws {
            try await PickyStage.run(
                [PickyStage.topic("news")],
                reply: { _ in .error("no\u{85}\u{2028}\u{9B}2Jforged") }
            ) { stage in
                try await stage.log(holds: "forged")
                #expect(stage.log.lines.allSatisfy(Self.isOneLine))
            }
        }

        @Test func `a session that gives up is told to its owner`() async throws {
            try await PickyStage.run([PickyStage.topic("news")]) {
                $0.session.retryConnect = .constant(.milliseconds(1)).limited(tries: 2)
            } reply: { _ in
                .silence
            } _: { stage in
                await stage.upstream.wait { $0.operations.count == 1 }
                await stage.upstream.shut(true)
                await stage.upstream.cut()
                guard case .unreachable = await stage.relay.givesUp() else {
                    Issue.record("it didn't give up")
                    return
                }
                #expect(!stage.relay.isReady)
            }
        }
    }
}
