#if Cluster
import DemoUpstream
import Fanout
import NATSServers
import Testing

@testable import FanoutRelay

extension Loopback {
    /// Relays of a group that change, break off and end.
    @Suite(.timeLimit(.minutes(1)), .disabled(if: NATSServerProcess.areMissing, "there is no nats-server"))
    struct GroupChangeTests {
        @Test(arguments: NATSServerProcess.program)
        func `a topic that is taken away and offered again goes on`(program: String) async throws {
            try await GroupStage.run(program) { stage in
                let first = try await stage.start("first", [Stage.manual()])
                let second = try await stage.start("second", [Stage.manual()])
                _ = await stage.upstream.statistics { $0.operations.now == 1 }
                let peers = [try await first.plain(), try await second.plain()]
                await stage.upstream.emit(1)
                for peer in peers { #expect(try await peer.numbers(1) == [1]) }
                for relay in [second, first] {
                    try await relay.reload { $0.topics = [try Stage.manual("other")] }
                    try await relay.reload { _ in }
                }
                _ = await stage.upstream.statistics { $0.operations.now == 1 && $0.operations.total == 3 }
                for relay in [first, second] {
                    let peer = try await relay.plain()
                    await stage.upstream.emit(1)
                    // Who comes before its relay has read that the topic runs again is told what it has missed.
                    while try await !peer.text().contains(#""type":"event""#) {}
                }
            }
        }

        @Test(arguments: NATSServerProcess.program)
        func `a standby whose link was lost goes on without a gap`(program: String) async throws {
            try await GroupStage.run(program) { stage in
                let relays = [
                    try await stage.start("first", [Stage.manual()]) { $0.cluster?.standby = .hot },
                    try await stage.start("second", [Stage.manual()]) { $0.cluster?.standby = .hot },
                ]
                _ = await stage.upstream.statistics { $0.operations.now == 2 }
                await stage.upstream.dropLinks(code: nil)
                _ = await stage.upstream.statistics { $0.operations.now == 2 && $0.operations.total >= 4 }
                let peer = try await relays[1].plain()
                await stage.upstream.emit(1)
                // What the interruption may have lost is told first.
                while try await peer.text().number(after: #""n":"#) == nil {}
                let leaving = relays[0].leave()
                var next: UInt64 = 2
                while await stage.upstream.statistics.operations.now == 2 {
                    await stage.upstream.emit(1)
                    #expect(try await peer.number() == next)
                    next += 1
                }
                await leaving.value
                await stage.upstream.emit(1)
                #expect(try await peer.number() == next)
            }
        }

        @Test(arguments: NATSServerProcess.program)
        func `a relay that leads nothing runs queries`(program: String) async throws {
            try await GroupStage.run(program) { stage in
                _ = try await stage.start("first", [Stage.manual()])
                let second = try await stage.start("second", [Stage.manual()]) { $0.allowsExecution = true }
                let peer = try await Peer.graphQL(at: second.port)
                var answer = ""
                // Until it is connected they are refused.
                while !answer.hasPrefix(#"{"id":"q","type":"next""#) {
                    peer.send(#"{"id":"q","type":"subscribe","payload":{"query":"{ serverTime }"}}"#)
                    answer = try await peer.text()
                }
            }
        }

        @Test(arguments: NATSServerProcess.program)
        func `logs with leaders of their own share the topics`(program: String) async throws {
            try await GroupStage.run(program) { stage in
                let names = (1...6).map { "m\($0)" }
                var relays: [GroupRelay] = []
                for node in ["one", "two", "three"] {
                    relays.append(
                        try await stage.start(node, names.map { try Stage.manual($0) }) { $0.cluster?.partitions = 4 }
                    )
                }
                _ = await stage.upstream.statistics { $0.operations.now == 6 }
                var peers: [Peer] = []
                for relay in relays.dropFirst() {
                    for name in names { peers.append(try await relay.plain("/topics/\(name)")) }
                }
                await stage.upstream.emit(2)
                for peer in peers { #expect(try await peer.numbers(2) == [1, 2]) }
                await relays[0].end()
                _ = await stage.upstream.statistics { $0.operations.now == 6 }
                await stage.upstream.emit(1)
                for peer in peers { #expect(try await peer.numbers(1) == [3]) }
            }
        }

        @Test(arguments: NATSServerProcess.program)
        func `a relay ends though the log's server is gone, and nothing is left of it`(program: String) async throws {
            try await GroupStage.run(program) { stage in
                _ = try await stage.start("first", [Stage.manual()]) { $0.cluster?.standby = .hot }
                _ = try await stage.start("second", [Stage.manual()]) { $0.cluster?.standby = .hot }
                _ = await stage.upstream.statistics { $0.operations.now == 2 }
                stage.server.kill()
                let remains = stage.weakRelays()
                await stage.endRelays()
                while remains.contains(where: { $0() }) {
                    try Task.checkCancellation()
                    await Task.yield()
                }
            }
        }
    }
}
#endif
