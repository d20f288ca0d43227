import DemoUpstream
import Fanout
import FanoutRelay
import Glibc
import TestSupport
import Testing

extension Loopback {
    /// A relay with several addresses, one of them a Unix socket.
    @Suite(.timeLimit(.minutes(1)))
    struct SeveralListenersTests {
        private static func run(
            bytes: Int = 0,
            adjust: (inout Configuration) -> Void = { _ in },
            _ body: (Stage, _ path: String) async throws -> Void
        ) async throws {
            let folder = TemporaryFolder()
            let path = folder.file("s")
            try await Stage.run([Stage.manual(bytes: bytes)]) { configuration in
                configuration.listeners.append(ListenerConfiguration(.unix(path: path)))
                adjust(&configuration)
            } _: { stage in
                try await body(stage, path)
            }
            #expect(unsafe access(path, F_OK) != 0)
        }

        @Test func `clients of all addresses get every event`() async throws {
            try await Self.run { stage, path in
                #expect(stage.relay.listeners.map(\.address) == [stage.relay.address, "unix:\(path)"])
                #expect(stage.relay.listeners.map(\.path) == [nil, path])
                let peers = [try await Peer.plain(stage), try await Peer.plain(on: Peer(path: path))]
                await stage.upstream.emit(3)
                for peer in peers { #expect(try await peer.numbers(3) == [1, 2, 3]) }
                try await stage.metric("fanout_clients", reaches: 2)
            }
        }

        @Test func `an address has origins of its own`() async throws {
            try await Self.run { configuration in
                configuration.admission.allowedOrigins = ["https://a.example"]
                configuration.listeners[1].allowedOrigins = ["https://b.example"]
            } _: { stage, path in
                for (origin, statuses) in [
                    ("https://a.example", [101, 403]), ("https://b.example", [403, 101]),
                    ("https://c.example", [403, 403]),
                ] {
                    let headers = "Origin: \(origin)\r\n"
                    for (peer, status) in zip([try stage.connect(), try Peer(path: path)], statuses) {
                        #expect(try await peer.upgrade("/topics/m", headers: headers).status == status)
                    }
                    for (peer, status) in zip([try stage.connect(), try Peer(path: path)], statuses) {
                        let answer = try await peer.get("/topics", headers: headers)
                        #expect(answer.status == (status == 101 ? 200 : 403))
                    }
                }
            }
        }

        @Test func `hosts are looked at where only this machine comes in`() async throws {
            try await Self.run { configuration in
                configuration.listeners[0] = ListenerConfiguration(.port(host: "0.0.0.0", port: 0))
            } _: { stage, path in
                #expect(stage.relay.listeners.map(\.checksHost) == [false, true])
                #expect(stage.relay.listeners.map(\.isOpenToOthers) == [true, false])
                let request = Array("GET /topics HTTP/1.1\r\nHost: other.example\r\n\r\n".utf8)
                for (peer, status) in [(try stage.connect(), "200"), (try Peer(path: path), "403")] {
                    peer.send(raw: request)
                    #expect(try await peer.head().hasPrefix("HTTP/1.1 \(status) "))
                }
            }
        }

        @Test func `a client that reads slowly over a Unix socket gets a frame that takes longer than any deadline`()
            async throws
        {
            let size = 900_000
            try await Self.run(bytes: size) { configuration in
                configuration.admission.pingInterval = .milliseconds(50)
                configuration.admission.pongTimeout = .milliseconds(400)
            } _: { stage, path in
                let slow = try await Peer.plain(on: Peer(path: path))
                slow.pause()
                await stage.upstream.emit(1)
                // Three times as long as a client that reads nothing may stay.
                let clock = ContinuousClock()
                let end = clock.now + .milliseconds(1500)
                while clock.now < end {
                    slow.take(atMost: 8192)
                    try await Task.sleep(for: .milliseconds(20))
                }
                #expect(try await stage.metric("fanout_clients") == 1)
                slow.resume()
                #expect(try await slow.number() == 1)
            }
        }

        @Test func `a client that reads nothing over a Unix socket is cut`() async throws {
            try await Self.run(bytes: 900_000) { configuration in
                configuration.admission.pingInterval = .milliseconds(50)
                configuration.admission.pongTimeout = .milliseconds(400)
            } _: { stage, path in
                let stuck = try await Peer.plain(on: Peer(path: path))
                stuck.pause()
                await stage.upstream.emit(1)
                try await stage.metric("fanout_clients_opened_total", reaches: 1)
                try await stage.metric("fanout_clients", reaches: 0)
                withExtendedLifetime(stuck) {}
            }
        }

        @Test func `events go on over a Unix socket after a reader has paused`() async throws {
            try await Self.run(bytes: 1000) { configuration in
                configuration.lag.bytes = 16 << 20
                configuration.lag.historyBytes = 16 << 20
            } _: { stage, path in
                let peer = try await Peer.plain(on: Peer(path: path))
                var events: UInt64 = 0
                for _ in 0..<3 {
                    peer.pause()
                    for count in [1, 400, 7, 300] {
                        await stage.upstream.emit(count)
                        events += UInt64(count)
                    }
                    peer.resume()
                    #expect(try await peer.numbers(708) == Array(events - 707...events))
                }
            }
        }
    }
}
