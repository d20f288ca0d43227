#if Cluster
import DemoUpstream
import Fanout
import FanoutRelay
import NATSServers
import Testing

extension Loopback {
    /// Relays that share one operation through a log.
    @Suite(.timeLimit(.minutes(1)), .disabled(if: NATSServerProcess.areMissing, "there is no nats-server"))
    struct GroupTests {
        @Test(arguments: NATSServerProcess.programs)
        func `the clients of two relays get the events of one operation, with the same tokens`(
            program: String
        ) async throws {
            try await GroupStage.run(program) { stage in
                let one = try await stage.start("one", [Stage.manual()])
                let other = try await stage.start("other", [Stage.manual()])
                _ = await stage.upstream.statistics { $0.operations.now == 1 }
                let peers = [try await one.plain(), try await other.plain()]
                await stage.upstream.emit(3)
                var events: [[String]] = [[], []]
                for (place, peer) in peers.enumerated() {
                    for _ in 1...3 { events[place].append(try await peer.text("event")) }
                }
                #expect(events[0] == events[1])
                #expect(events[0].map { $0.number(after: #""n":"#) } == [1, 2, 3])
                #expect(await stage.upstream.statistics.operations.total == 1)

                // What one relay gave is good at the other.
                let epoch = try #require(events[0][0].split(separator: #""epoch":""#).last?.prefix { $0 != "\"" })
                let returning = try await other.plain("/topics/m?after=\(epoch):1")
                #expect(try await returning.numbers(2) == [2, 3])
            }
        }
    }
}
#endif
