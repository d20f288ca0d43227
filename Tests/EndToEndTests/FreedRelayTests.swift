import DemoUpstream
import Fanout
import Glibc
import GraphQLSession
import Logging
import Synchronization
import Testing
import WebSockets

@testable import FanoutRelay

extension Loopback {
    /// What is left of a relay after its drain: nothing.
    ///
    /// Counted in a process of its own, where nobody else comes and goes.
    @Suite(.timeLimit(.minutes(1)))
    struct FreedRelayTests {
        /// References that keep nothing.
        private struct Remains {
            private struct Weak {
                weak var object: AnyObject?
            }

            private let parts: [(name: String, reference: Weak)]

            init(of relay: Relay) {
                let shards = relay.shards.enumerated().map { ("shard \($0)", $1 as AnyObject) }
                let loops = relay.loops.map { ("loop \($0.name)", $0 as AnyObject) }
                let servers = relay.statistics.servers.withLock { $0 }.enumerated().map {
                    ("server \($0)", $1 as AnyObject)
                }
                let others: [(String, AnyObject?)] = [
                    ("relay", relay), ("statistics", relay.statistics), ("listener", relay.listener),
                    ("upstream", relay.upstream), ("executor", relay.queryRunner),
                    ("session", relay.statistics.session.withLock { $0 }),
                    ("gathering", relay.statistics.gathering.withLock { $0 }),
                ]
                parts = (others + shards + loops + servers).map { ($0.0, Weak(object: $0.1)) }
            }

            var names: [String] { parts.filter { $0.reference.object != nil }.map(\.name) }
        }

        /// How many entries a folder of the kernel's about this process has.
        private static func count(_ folder: String) -> Int {
            guard let stream = unsafe opendir("/proc/self/\(folder)") else { return -1 }
            defer { unsafe closedir(stream) }
            var count = 0
            while unsafe readdir(stream) != nil { count += 1 }
            return count
        }

        @discardableResult
        private static func relay(_ address: DemoUpstream.Address, port: UInt16 = 0) async throws -> Relay {
            var configuration = Configuration(
                upstream: try Endpoint(parsing: address.url),
                topics: [try Stage.manual()],
                shards: 2
            )
            configuration.listeners = [ListenerConfiguration(.port(host: "127.0.0.1", port: port))]
            configuration.admission.maximumConnections = 100
            configuration.allowsExecution = true
            configuration.demand.allowsAnySubscription = true
            configuration.session.usesProxies = false
            return try await Relay(configuration, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        }

        /// Runs a relay with clients of every kind, drains it, and says what there is still of it.
        private static func liveAndDie(
            _ upstream: DemoUpstream,
            _ address: DemoUpstream.Address
        ) async throws -> Remains {
            let relay = try await relay(address)
            let remains = Remains(of: relay)
            let port = UInt16(relay.address.split(separator: ":").last ?? "") ?? 0
            let observer = try Peer(port: port)
            while try await observer.get("/readyz").status != 200 {}
            let (plain, client) = (try await Peer.plain(at: port, "/topics/m"), try await Peer.graphQL(at: port))
            try await client.subscribe("s", Stage.manualDocument(bytes: 3))
            client.send(#"{"id":"q","type":"subscribe","payload":{"query":"{ serverTime }"}}"#)
            #expect(try await client.text("next").contains("serverTime"))
            let stream = try Peer(port: port)
            stream.send(raw: Array("GET /topics/m HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\n\r\n".utf8))
            _ = try await stream.head()
            await upstream.emit(1)
            _ = try await plain.number()
            async let drained: Void = relay.drain(over: .milliseconds(100))
            for peer in [plain, client] { #expect(await peer.isSentAway()) }
            await drained
            return remains
        }

        @Test func `a drained relay is freed, with its loops, threads and descriptors`() async {
            await #expect(processExitsWith: .success) {
                let loop = try EventLoop(name: "made-up")
                let acceptor = try EventLoop(name: "acceptor", servesSockets: false)
                let upstream = DemoUpstream(on: loop)
                let address = try await upstream.start(listenerLoop: acceptor)
                var counts: [(descriptors: Int, threads: Int)] = []
                for _ in 0..<4 {
                    let remains = try await Self.liveAndDie(upstream, address)
                    // The last reference may go a moment after the drain has returned.
                    let end = ContinuousClock.now + .seconds(20)
                    while !remains.names.isEmpty, ContinuousClock.now < end { await Task.yield() }
                    #expect(remains.names.isEmpty)
                    _ = await upstream.statistics { $0.sockets.now == 0 }
                    counts.append((Self.count("fd"), Self.count("task")))
                }
                // The first one brings what all processes of its kind have: Swift's pool, the plugin's file.
                let (first, last) = (counts[1], counts[3])
                #expect(last.descriptors <= first.descriptors)
                #expect(last.threads <= first.threads)
                // One that can't start leaves as little.
                let blocker = try Listener(
                    on: acceptor,
                    options: .init(host: "127.0.0.1", port: 0),
                    servers: [],
                    ledger: .init()
                )
                let before = (descriptors: Self.count("fd"), threads: Self.count("task"))
                for _ in 0..<3 {
                    await #expect(throws: RelayError.self) { try await Self.relay(address, port: blocker.port) }
                }
                #expect(Self.count("fd") <= before.descriptors)
                #expect(Self.count("task") <= before.threads)
                blocker.stop()
                await upstream.stop()
                for loop in [acceptor, loop] { await loop.stop() }
            }
        }
    }
}
