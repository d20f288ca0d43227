import DemoUpstream
import Fanout
import FanoutRelay
import Testing

extension Loopback {
    @Suite(.timeLimit(.minutes(1)))
    struct SlowClientTests {
        /// Emits single events, which all `readers` read, until a client is disconnected; returns their number.
        private static func emit(
            to readers: [Peer],
            on stage: Stage,
            each: Int,
            atMost limit: Int
        ) async throws -> UInt64 {
            var events: UInt64 = 0
            let metrics = try Peer(port: stage.port)
            for round in 1...limit {
                await stage.upstream.emit(each)
                for reader in readers {
                    #expect(try await reader.numbers(each) == (1...UInt64(each)).map { events + $0 })
                }
                events += UInt64(each)
                guard round % 16 == 0 else { continue }
                if try await metrics.get("/metrics").body.number(after: "\nfanout_slow_clients_total ") == 1 {
                    return events
                }
            }
            Issue.record("after \(events) events no client was disconnected")
            return events
        }

        @Test(arguments: ["/topics/m", "/topics/m?format=payload", "/graphql"])
        func `a client that doesn't read is closed with 1013, the others get every event`(path: String) async throws {
            try await Stage.run([Stage.manual(bytes: 16_384)]) { configuration in
                configuration.lag.bytes = 256 << 10
            } _: { stage in
                var readers: [Peer] = []
                for _ in 0..<3 { readers.append(try await .plain(stage)) }
                readers.append(try await .graphQL(stage))
                try await readers[3].subscribe("1", Stage.manualDocument(bytes: 16_384))

                let slow: Peer
                if path == "/graphql" {
                    slow = try await .graphQL(stage, receiveBuffer: 4096)
                    try await slow.subscribe("1", Stage.manualDocument(bytes: 16_384))
                } else {
                    slow = try await .plain(stage, path, receiveBuffer: 4096)
                }
                slow.pause()
                let events = try await Self.emit(to: readers, on: stage, each: 4, atMost: 100)

                // What the kernel had for it ends at a frame's border, without a hole.
                slow.resume()
                var expected: UInt64 = 1
                var end: PeerFrame?
                while let frame = await slow.next() {
                    end = frame
                    guard case .text(let text) = frame, let number = text.number(after: #""n":"#) else { continue }
                    #expect(number == expected)
                    expected += 1
                }
                #expect(end == .close(1013, "Too slow: try again later"))
                #expect(expected < events)
                try await stage.metric(#"fanout_clients_closed_total{code="1013"}"#, reaches: 1)
                try await stage.metric("fanout_clients", reaches: 4)
                await stage.upstream.emit(1)
                for reader in readers { #expect(try await reader.number() == events + 1) }
            }
        }

        @Test(arguments: ["/topics/m", "/graphql"])
        func `a client that reads slowly gets a frame that takes longer than any deadline`(path: String) async throws {
            let size = 900_000
            try await Stage.run([Stage.manual(bytes: size)]) { configuration in
                configuration.admission.pingInterval = .milliseconds(50)
                configuration.admission.pongTimeout = .milliseconds(400)
            } _: { stage in
                let slow: Peer
                if path == "/graphql" {
                    slow = try await .graphQL(stage, receiveBuffer: 32_768)
                    try await slow.subscribe("1", Stage.manualDocument(bytes: size))
                } else {
                    slow = try await .plain(stage, path, receiveBuffer: 32_768)
                }
                slow.pause()
                await stage.upstream.emit(1)
                // Three times as long as a client that reads nothing may stay.
                let clock = ContinuousClock()
                let end = clock.now + .milliseconds(1500)
                while clock.now < end {
                    slow.take(atMost: 4096)
                    try await Task.sleep(for: .milliseconds(20))
                }
                #expect(try await stage.metric("fanout_clients") == 1)
                slow.resume()
                #expect(try await slow.number() == 1)
            }
        }

        /// The history is far longer than the limit: only the limit can send the client away so soon.
        @Test(arguments: ["/topics/m", "/topics/m?format=payload", "/graphql"])
        func `the lag limit holds for small events too`(path: String) async throws {
            try await Stage.run([Stage.manual()]) { configuration in
                configuration.sendBuffer = 4096
                configuration.lag.bytes = 4096
                configuration.lag.historyBytes = 64 << 20
                configuration.lag.historyAge = .seconds(1000)
            } _: { stage in
                let reader = try await Peer.plain(stage)
                let slow: Peer
                if path == "/graphql" {
                    slow = try await .graphQL(stage, receiveBuffer: 2048)
                    try await slow.subscribe("1", Stage.manualDocument())
                } else {
                    slow = try await .plain(stage, path, receiveBuffer: 2048)
                }
                slow.pause()
                _ = try await Self.emit(to: [reader], on: stage, each: 1, atMost: 2000)
                slow.resume()
                #expect(await slow.closing() == .close(1013, "Too slow: try again later"))
            }
        }

        @Test func `a client that reads again in time has missed nothing`() async throws {
            try await Stage.run([Stage.manual(bytes: 1000)]) { configuration in
                configuration.lag.bytes = 16 << 20
                configuration.lag.historyBytes = 16 << 20
            } _: { stage in
                let peers = [
                    try await Peer.plain(stage, receiveBuffer: 4096),
                    try await Peer.plain(stage, "/topics/m?format=payload", receiveBuffer: 4096),
                    try await Peer.graphQL(stage, receiveBuffer: 4096),
                ]
                try await peers[2].subscribe("1", Stage.manualDocument(bytes: 1000))
                var events: UInt64 = 0
                for _ in 0..<4 {
                    for peer in peers { peer.pause() }
                    for count in [1, 1, 1, 400, 1, 7, 300] {
                        await stage.upstream.emit(count)
                        events += UInt64(count)
                    }
                    for peer in peers { peer.resume() }
                    for peer in peers { #expect(try await peer.numbers(711) == Array(events - 710...events)) }
                }
            }
        }

        @Test func `clients that ping while choked get whole frames only, and their pong`() async throws {
            try await Stage.run([Stage.manual(bytes: 65_536)]) { configuration in
                configuration.lag.bytes = 16 << 20
                configuration.lag.historyBytes = 16 << 20
            } _: { stage in
                var peers: [(peer: Peer, isGraphQL: Bool)] = []
                for index in 0..<6 {
                    let isGraphQL = index % 2 == 0
                    let peer: Peer
                    if isGraphQL {
                        peer = try await .graphQL(stage, receiveBuffer: 8192)
                        try await peer.subscribe("1", Stage.manualDocument(bytes: 65_536))
                    } else {
                        peer = try await .plain(stage, receiveBuffer: 8192)
                    }
                    peers.append((peer, isGraphQL))
                }
                var last: UInt64 = 0
                for round in 0..<4 {
                    for (peer, _) in peers { peer.pause() }
                    await stage.upstream.emit(4)
                    let pings = peers.map { peer, isGraphQL in
                        if isGraphQL { peer.send(#"{"type":"ping","payload":{"round":\#(round)}}"#) }
                        return peer.ping()
                    }
                    await stage.upstream.emit(2)
                    for (index, (peer, isGraphQL)) in peers.enumerated() {
                        peer.resume()
                        var expected = last + 1
                        var pongs = 0
                        while expected <= last + 6 || pongs < (isGraphQL ? 2 : 1) {
                            switch await peer.next() {
                            case .text(#"{"type":"pong","payload":{"round":\#(round)}}"#): pongs += 1
                            case .text(let text) where text.contains(#""type":"status""#): break
                            case .text(let text):
                                #expect(text.number(after: #""n":"#) == expected)
                                #expect(text.utf8.count > 65_536)
                                expected += 1
                            case .pong(let payload):
                                #expect(payload == pings[index])
                                pongs += 1
                            case let other:
                                Issue.record("\(other?.description ?? "the end")")
                                return
                            }
                        }
                    }
                    last += 6
                }
            }
        }

        @Test func `a client that never reads holds up neither the others nor the end`() async throws {
            try await Stage.run([Stage.manual(bytes: 65_536)]) { stage in
                let reader = try await Peer.plain(stage)
                let stuck = try await Peer.plain(stage, receiveBuffer: 4096)
                stuck.pause()
                await stage.upstream.emit(8)
                #expect(try await reader.numbers(8) == Array(1...8))
                // It is cut off, since it doesn't even take the close.
                async let drained: Void = stage.relay.drain(over: .zero)
                #expect(await reader.isSentAway())
                await drained
            }
        }
    }
}
