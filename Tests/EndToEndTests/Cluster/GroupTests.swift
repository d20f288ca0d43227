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

        @Test(arguments: NATSServerProcess.programs)
        func `a leader that leaves has another one ready first, and nothing is missed`(program: String) async throws {
            try await GroupStage.run(program) { stage in
                let first = try await stage.start("first", [Stage.manual()])
                let second = try await stage.start("second", [Stage.manual()])
                _ = await stage.upstream.statistics { $0.operations.now == 1 }
                let peer = try await second.plain()
                await stage.upstream.emit(2)
                #expect(try await peer.numbers(2) == [1, 2])
                let leaving = first.leave()
                var numbers: [UInt64] = []
                // Both run the operation for a while.
                _ = await stage.upstream.statistics { $0.operations.now == 2 }
                while await stage.upstream.statistics.operations.now == 2 {
                    await stage.upstream.emit(1)
                    numbers.append(try await peer.number())
                }
                await leaving.value
                await stage.upstream.emit(1)
                numbers.append(try await peer.number())
                #expect(numbers == Array(3..<UInt64(numbers.count + 3)))
            }
        }

        @Test(arguments: NATSServerProcess.programs)
        func `what comes while the log's server is gone is delivered when it is back`(program: String) async throws {
            try await GroupStage.run(program) { stage in
                let relay = try await stage.start("one", [Stage.manual()])
                _ = await stage.upstream.statistics { $0.operations.now == 1 }
                let peer = try await relay.plain()
                await stage.upstream.emit(1)
                #expect(try await peer.numbers(1) == [1])
                stage.server.kill()
                try await relay.readiness(becomes: 503)
                await stage.upstream.emit(2)
                try stage.server.start()
                #expect(try await peer.numbers(2) == [2, 3])
                try await relay.readiness(becomes: 200)
                #expect(await stage.upstream.statistics.operations.total == 1)
            }
        }

        @Test(arguments: NATSServerProcess.programs)
        func `a relay that comes late has what the log holds`(program: String) async throws {
            try await GroupStage.run(program) { stage in
                let first = try await stage.start("first", [Stage.manual(snapshot: .last)])
                _ = await stage.upstream.statistics { $0.operations.now == 1 }
                let peer = try await first.plain()
                await stage.upstream.emit(3)
                let events = [
                    try await peer.text("event"), try await peer.text("event"), try await peer.text("event"),
                ]
                let late = try await stage.start("late", [Stage.manual(snapshot: .last)])
                #expect(try await late.plain().text("event") == events[2])
                let epoch = try #require(events[0].split(separator: #""epoch":""#).last?.prefix { $0 != "\"" })
                let returning = try await late.plain("/topics/m?after=\(epoch):1")
                #expect(try await returning.text("event") == events[1])
                #expect(try await returning.text("event") == events[2])
            }
        }

        @Test(arguments: NATSServerProcess.program)
        func `a topic that was quiet for longer than the log holds is known to a relay that comes late`(
            program: String
        ) async throws {
            try await GroupStage.run(program) { stage in
                let topics = [try Stage.manual(snapshot: .last)]
                let first = try await stage.start("first", topics) { $0.cluster?.historyAge = .seconds(2) }
                _ = await stage.upstream.statistics { $0.operations.now == 1 }
                let peer = try await first.plain()
                await stage.upstream.emit(2)
                #expect(try await peer.text("event").number(after: #""n":"#) == 1)
                let event = try await peer.text("event")
                // A beat comes each tenth of a second.
                let sequence = #"fanout_cluster_log_sequence{partition="0"}"#
                let read = try await first.metric(sequence)
                try await first.metric(sequence) { $0 >= read + 60 }

                let late = try await stage.start("late", topics) { $0.cluster?.historyAge = .seconds(2) }
                #expect(try await late.plain().text("event") == event)
                try await late.metric(#"fanout_cluster_log_topics{partition="0"}"#) { $0 == 1 }
                let others = try await late.plain("/topics/m?after=none:1")
                #expect(try await others.text("gap").contains("the epoch is over"))
                await stage.upstream.emit(1)
                while try await others.text("event").number(after: #""n":"#) != 3 {}
            }
        }

        @Test(arguments: NATSServerProcess.programs)
        func `clients of two relays share an operation of their own, which runs while one of them wants it`(
            program: String
        ) async throws {
            try await GroupStage.run(program) { stage in
                var relays: [GroupRelay] = []
                for node in ["one", "two", "three"] {
                    relays.append(
                        try await stage.start(node, []) { configuration in
                            configuration.demand.allowsAnySubscription = true
                            configuration.demand.linger = .zero
                        }
                    )
                    if relays.count == 1 { try await relays[0].leads() }
                }
                let peers = [
                    try await Peer.tokens(at: relays[1].port), try await Peer.tokens(at: relays[2].port),
                ]
                for (index, peer) in peers.enumerated() {
                    let spaces = String(repeating: " ", count: index)
                    // The answer says where it begins, so that all that comes from now on is for it.
                    _ = try await peer.open("s", "subscription {\(spaces) manual { n } }")
                }
                _ = await stage.upstream.statistics { $0.operations.now == 1 }
                await stage.upstream.emit(1)
                for peer in peers { #expect(try await peer.numbers(1) == [1]) }

                // Whoever leads next goes on with it.
                await relays[0].end()
                _ = await stage.upstream.statistics { $0.operations.now == 1 && $0.operations.total == 2 }
                await stage.upstream.emit(1)
                for peer in peers { #expect(try await peer.numbers(1) == [2]) }

                peers[0].send(#"{"id":"s","type":"complete"}"#)
                try await peers[0].settle()
                await stage.upstream.emit(1)
                #expect(try await peers[1].numbers(1) == [3])
                peers[1].send(#"{"id":"s","type":"complete"}"#)
                _ = await stage.upstream.statistics { $0.operations.now == 0 }
                // The same again is a new operation. Who asks before its relay has heard of the end is told a gap.
                _ = try await peers[0].open("again", "subscription { manual { n } }")
                _ = await stage.upstream.statistics { $0.operations.now == 1 && $0.operations.total == 3 }
                await stage.upstream.emit(1)
                let texts = try await peers[0].texts(of: "again", through: #""n":4"#)
                #expect(texts.count == 1 || texts.count == 2 && texts[0].contains(#""gap":"#))
            }
        }

        @Test(arguments: NATSServerProcess.program)
        func `what the server refuses or completes ends at all relays, and can be asked for again`(
            program: String
        ) async throws {
            try await GroupStage.run(program) { stage in
                var peers: [Peer] = []
                for node in ["one", "two"] {
                    let relay = try await stage.start(node, []) { $0.demand.allowsAnySubscription = true }
                    peers.append(try await Peer.graphQL(at: relay.port))
                }
                for _ in 1...2 {
                    for peer in peers { try await peer.subscribe("s", "subscription { nothing { n } }") }
                    for peer in peers { #expect(try await peer.text().hasPrefix(#"{"id":"s","type":"error""#)) }
                }
                for peer in peers { try await peer.subscribe("t", "subscription { manual { n } }") }
                _ = await stage.upstream.statistics { $0.operations.now == 1 }
            }
        }

        @Test(arguments: NATSServerProcess.program)
        func `an operator's topic that starts on demand runs while a client of any relay listens`(
            program: String
        ) async throws {
            try await GroupStage.run(program) { stage in
                var topic = try Stage.manual()
                topic.start = .demand
                let first = try await stage.start("first", [topic]) { $0.demand.linger = .zero }
                let second = try await stage.start("second", [topic]) { $0.demand.linger = .zero }
                #expect(await stage.upstream.statistics.operations.total == 0)
                var peer: Peer? = try await second.plain()
                _ = await stage.upstream.statistics { $0.operations.now == 1 }
                await stage.upstream.emit(1)
                #expect(try await peer?.numbers(1) == [1])
                peer = nil
                _ = await stage.upstream.statistics { $0.operations.now == 0 }
                let other = try await first.plain()
                _ = await stage.upstream.statistics { $0.operations.now == 1 }
                await stage.upstream.emit(1)
                // Who comes before its relay has read what happened is told that, too.
                while try await other.text().number(after: #""n":"#) != 2 {}
            }
        }

        @Test(arguments: NATSServerProcess.program)
        func `a stream that is configured otherwise is used by nobody, and stays as it is`(program: String) async throws
        {
            try await GroupStage.run(program) { stage in
                let first = try await stage.start("first", [Stage.manual()])
                _ = await stage.upstream.statistics { $0.operations.now == 1 }
                let other = try await stage.start("other", [Stage.manual()], isReady: false) { configuration in
                    configuration.cluster?.historyBytes = 32 << 20
                }
                let line = await other.log.line(with: "the group's log can't be used")
                #expect(line.contains("the stream fanout-fanout-0 is another one"))
                #expect(line.contains("its max_bytes is 67108864, wanted is 33554432"))
                try await other.readiness(becomes: 503)
                let peer = try await first.plain()
                await stage.upstream.emit(1)
                #expect(try await peer.numbers(1) == [1])
            }
        }
    }
}
#endif
