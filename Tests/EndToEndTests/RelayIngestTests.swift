import DemoUpstream
import Fanout
import FanoutRelay
import GraphQLSession
import Testing

extension Loopback {
    /// What is much or large from the upstream, through the relay.
    @Suite(.timeLimit(.minutes(1)))
    struct RelayIngestTests {
        /// A busy machine takes half a minute for 32 MiB in a debug build: the client isn't slow, its test is.
        private static func wait(_ configuration: inout Configuration) {
            configuration.lag.age = .seconds(60)
            configuration.admission.pingInterval = .seconds(60)
            configuration.admission.pongTimeout = .seconds(60)
        }

        @Test func `a payload of 32 MiB reaches the clients where the limits are above it`() async throws {
            try await Stage.run([Stage.manual()]) { configuration in
                Self.wait(&configuration)
                configuration.session.maximumMessageSize = 33 << 20
                configuration.lag.historyBytes = 33 << 20
                configuration.lag.bytes = 33 << 20
            } _: { stage in
                let peer = try await Peer.plain(stage)
                await stage.upstream.setFault(.hugePayload(bytes: 32 << 20))
                await stage.upstream.setFault(.none)
                let event = try await peer.text("event")
                #expect(event.utf8.count > 32 << 20)
                await stage.upstream.emit(1)
                #expect(try await peer.text("event").number(after: #""sequence":"#) == 2)
                #expect(await stage.upstream.statistics.sockets.total == 1)
            }
        }

        @Test func `a payload that is larger than the history is delivered, too`() async throws {
            try await Stage.run([Stage.manual()]) { configuration in
                Self.wait(&configuration)
                configuration.session.maximumMessageSize = 33 << 20
            } _: { stage in
                let peer = try await Peer.plain(stage)
                await stage.upstream.setFault(.hugePayload(bytes: 32 << 20))
                await stage.upstream.setFault(.none)
                #expect(try await peer.text("event").utf8.count > 32 << 20)
                await stage.upstream.emit(1)
                #expect(try await peer.text("event").number(after: #""sequence":"#) == 2)
                #expect(await stage.upstream.statistics.sockets.total == 1)
            }
        }

        @Test func `20,000 events a second reach a client whole and in order`() async throws {
            let document = "subscription { tick(intervalMs: 1, burst: 20) { n } }"
            try await Stage.run([TopicDefinition(name: "tick", document: document)]) { stage in
                let peer = try await Peer.plain(stage, "/topics/tick")
                var last: UInt64?
                for _ in 0..<20_000 {
                    let sequence = try #require(try await peer.text("event").number(after: #""sequence":"#))
                    if let last, sequence != last + 1 { Issue.record("\(sequence) after \(last)") }
                    last = sequence
                }
                #expect(await stage.upstream.statistics.sockets.total == 1)
            }
        }
    }
}
