import DemoUpstream
import Fanout
import FanoutRelay
import Testing

extension Loopback {
    /// Clients that would rather lose events than their connection, and say so by `?lag=`.
    @Suite(.timeLimit(.minutes(1)))
    struct AskedLagTests {
        @Test(arguments: ["skip", "latest"])
        func `a client that asks for it is overtaken where others are disconnected, and isn't counted as slow`(
            lag: String
        ) async throws {
            try await Stage.run([Stage.manual(bytes: 16_384)]) { configuration in
                configuration.lag.bytes = 256 << 10
            } _: { stage in
                let slow = try await Peer.plain(stage, "/topics/m?lag=\(lag)", receiveBuffer: 4096)
                let stream = try Peer(port: stage.port, receiveBuffer: 4096)
                _ = try await stream.openStream("GET", "/topics/m?lag=\(lag)")
                let witness = try await Peer.plain(stage)
                slow.pause()
                stream.pause()
                for number in 1...300 as ClosedRange<UInt64> {
                    await stage.upstream.emit(1)
                    #expect(try await witness.number() == number)
                }
                slow.resume()
                stream.resume()
                var (last, gaps) = (0 as UInt64, 0)
                while last != 300 {
                    let text = try await slow.text()
                    if text.contains(#""type":"gap""#) {
                        #expect(text.number(after: #""sequence":"#) == last)
                        gaps += 1
                    } else if let number = text.number(after: #""n":"#) {
                        last = number
                    }
                }
                #expect(gaps > 0)
                _ = try await stream.text(through: "event: gap\n")
                _ = try await stream.text(through: #""n":300,"#)
                #expect(try await stage.metric("fanout_slow_clients_total") == 0)
                #expect(try await stage.metric("fanout_clients") == 3)
            }
        }

        @Test func `one that takes nothing for a while is cut off later if it asked to be overtaken`() async throws {
            try await Stage.run([Stage.manual(bytes: 16_384)]) { configuration in
                configuration.admission.pingInterval = .milliseconds(100)
                configuration.admission.pongTimeout = .milliseconds(500)
                configuration.lag.age = .seconds(20)
            } _: { stage in
                let patient = try await Peer.plain(stage, "/topics/m?lag=latest", receiveBuffer: 4096)
                let other = try await Peer.plain(stage, "/topics/m", receiveBuffer: 4096)
                for peer in [patient, other] { peer.pause() }
                for _ in 0..<8 { await stage.upstream.emit(5) }
                try await stage.metric(#"fanout_clients_closed_total{code="1006"}"#, reaches: 1)
                // The other one has gone by then; this one has ten times as long.
                patient.resume()
                var last: UInt64 = 0
                while last != 40 { last = try await patient.number() }
                #expect(try await stage.metric("fanout_clients") == 1)
                _ = other
            }
        }

        @Test(arguments: ["", "disconnect", "LATEST", "1"])
        func `another lag is refused in words`(lag: String) async throws {
            try await Stage.run([Stage.manual()]) { stage in
                let peer = try Peer(port: stage.port)
                #expect(try await peer.upgrade("/topics/m?lag=\(lag)").status == 101)
                #expect(await peer.closing() == .close(1008, "lag is skip or latest"))
                let answer = try await Peer(port: stage.port).get(
                    "/topics/m?lag=\(lag)",
                    headers: "Accept: text/event-stream\r\n"
                )
                #expect(answer.status == 400 && answer.body == "lag is skip or latest\n")
            }
        }
    }
}
