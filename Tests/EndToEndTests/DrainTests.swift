import DemoUpstream
import Fanout
import Logging
import Synchronization
import Testing

@testable import FanoutRelay

extension Loopback {
    @Suite(.timeLimit(.minutes(1)))
    struct DrainTests {
        @Test func `P22 a drain sends everyone away with 1001 and lets nobody in`() async throws {
            try await Stage.run([Stage.manual()], shards: 2) { stage in
                try await stage.readiness(becomes: 200)
                var peers: [Peer] = []
                for index in 0..<20 {
                    guard index % 2 == 0 else {
                        peers.append(try await .plain(stage))
                        continue
                    }
                    let peer = try await Peer.graphQL(stage)
                    try await peer.subscribe("1", Stage.manualDocument())
                    peers.append(peer)
                }
                // Connections that were there before, for what the closed port can't show.
                let (observer, latecomer) = (try Peer(port: stage.port), try Peer(port: stage.port))
                for peer in [observer, latecomer] { #expect(try await peer.get("/readyz").status == 200) }

                async let drained: Void = stage.relay.drain(over: .seconds(1))
                try await observer.readinessEnds()
                #expect(try await observer.get("/readyz").body == "draining\n")
                #expect(!stage.relay.isReady)
                for peer in peers {
                    #expect(await peer.isSentAway())
                    #expect(await peer.next() == nil)
                }
                _ = latecomer
                await drained
                #expect(throws: Peer.Failure.self) { try Peer(port: stage.port) }
                #expect(await stage.upstream.statistics { $0.sockets.now == 0 }.sockets.total == 1)
            }
        }

        @Test func `a reader of server-sent events is told when to come back`() async throws {
            try await Stage.run([Stage.manual()]) { stage in
                let peer = try await Peer.stream(stage)
                try await peer.greeting()
                async let drained: Void = stage.relay.drain(over: .milliseconds(100))
                let rest = await peer.textToEnd()
                #expect((1...5).contains { rest.contains("retry: \($0)000\n\n") }, "\(rest)")
                await drained
            }
        }

        @Test func `the window is as long as the clients need at the rate`() async throws {
            try await Stage.run([Stage.manual()]) { stage in
                for (clients, rate, window) in [
                    (0, 10, Duration.seconds(5)), (30, 10, .seconds(5)), (60, 10, .seconds(7)),
                    (3_000, 10, .seconds(301)),
                    (6_000_000, 1_000_000, .seconds(7)),
                ] {
                    stage.relay.statistics.shards[0].clients.store(clients, ordering: .relaxed)
                    #expect(stage.relay.drainWindow(atLeast: .seconds(5), rate: rate) == window)
                }
                stage.relay.statistics.shards[0].clients.store(0, ordering: .relaxed)
                // All of the spread is within the window, whose last part is for close frames.
                for time in [Duration.milliseconds(300), .seconds(3), .seconds(60)] {
                    let window = Shard.drainWindow(spreading: time)
                    #expect(window - min(window / 4, .seconds(1)) >= time - .nanoseconds(1))
                }
            }
        }

        @Test func `a drain without clients and without an upstream ends at once`() async throws {
            try await Stage.run([Stage.manual()], fault: .refuseUpgrade(status: 503)) { stage in
                await stage.relay.drain(over: .zero)
                #expect(!stage.relay.isReady)
            }
        }

        @Test func `a port in use is told`() async throws {
            try await Stage.run([Stage.manual()]) { stage in
                await #expect {
                    try await Stage.run([Stage.manual()]) { configuration in
                        configuration.listeners = [ListenerConfiguration(.port(host: "127.0.0.1", port: stage.port))]
                    } _: { _ in
                    }
                } throws: { error in
                    (error as? RelayError)?.isAddressInUse == true
                }
            }
        }

        @Test(arguments: [0, 257])
        func `a number of shards that can't be is refused`(shards: Int) async throws {
            await #expect(throws: ConfigurationError.self) {
                try await Stage.run([Stage.manual()], shards: shards) { _ in }
            }
        }

        @Test func `topics must be there, differ in name and be subscriptions`() async throws {
            await #expect(throws: ConfigurationError.self) { try await Stage.run([]) { _ in } }
            await #expect(throws: TopicError.self) {
                try await Stage.run([Stage.manual(), Stage.manual(bytes: 1)]) { _ in }
            }
            await #expect(throws: TopicError.self) {
                try await Stage.run([TopicDefinition(name: "q", document: "{ a }")]) { _ in }
            }
        }
    }
}

extension Peer {
    /// Asks on this connection until the answer is 503.
    fileprivate func readinessEnds() async throws {
        while try await get("/readyz").status != 503 { try Task.checkCancellation() }
    }
}
