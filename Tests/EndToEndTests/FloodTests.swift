import DemoUpstream
import FanoutRelay
import Synchronization
import Testing

extension Loopback {
    /// Floods of frames that are no messages.
    @Suite(.timeLimit(.minutes(2)))
    struct FloodTests {
        private static let sample = #"fanout_client_limits_total{reason="message_rate"}"#

        @Test(arguments: Flood.allCases, Transport.all)
        func `a flood without messages is closed with 1008, and a bystander gets its events`(
            flood: Flood,
            transport: Transport
        ) async throws {
            try await Stage.run([Stage.manual()], over: transport) { stage in
                let bystander = try await Peer.plain(stage)
                let peer = try await Peer.acknowledged(stage, "graphql-transport-ws")
                _ = try await peer.text("connection_ack")
                // Otherwise it would take a core until the closed client is cut.
                let isOver = Mutex(false)
                defer { isOver.withLock { $0 = true } }
                try peer.flood(flood) { isOver.withLock { $0 } }
                await stage.upstream.emit(1)
                #expect(try await bystander.number() == 1)
                #expect(await peer.closing() == .close(1008, "more than 200 messages within a second"))
                await stage.upstream.emit(1)
                #expect(try await bystander.number() == 2)
                #expect(try await stage.metric(Self.sample) == 1)
            }
        }

        @Test(arguments: Transport.all)
        func `a large message in pieces, small ones, pings and pongs within the rate close nobody`(
            transport: Transport
        ) async throws {
            try await Stage.run([Stage.manual()], over: transport) {
                $0.admission.messageRate = 20
            } _: { stage in
                let peer = try await Peer.acknowledged(stage, "graphql-transport-ws")
                _ = try await peer.text("connection_ack")
                let start = #"{"id":"1","type":"subscribe","payload":{"query":"{ a }"},"pad":""#
                let pad = String(repeating: "x", count: 64 << 10 - start.utf8.count - 2)
                let message = Array((start + pad + #""}"#).utf8)
                // More pieces than messages are allowed.
                for first in stride(from: 0, to: message.count, by: 1024) {
                    let piece = Array(message[first..<min(first + 1024, message.count)])
                    let opcode: UInt8 = first == 0 ? 1 : 0
                    let isLast = first + piece.count == message.count
                    peer.send(raw: isLast ? PeerFrame.masked(opcode, piece) : Flood.fragment(opcode, piece))
                }
                #expect(try await peer.text().contains("serves subscriptions only"))
                // Eight pieces of three bytes and the last one, and as many pongs.
                let small = Array(#"{"type":"ping"            }"#.utf8)
                for first in stride(from: 0, to: 24, by: 3) {
                    peer.send(raw: Flood.fragment(first == 0 ? 1 : 0, Array(small[first..<first + 3])))
                    peer.send(raw: PeerFrame.masked(10, [0x78]))
                }
                peer.send(raw: PeerFrame.masked(0, Array(small[24...])))
                #expect(try await peer.text("pong") == #"{"type":"pong"}"#)
                for _ in 0..<50 { try await peer.settle() }
                #expect(try await stage.metric(Self.sample) == 0)
            }
        }

        @Test func `an answer to the relay's ping doesn't count, another pong does`() async throws {
            try await Stage.run([Stage.manual()]) {
                $0.admission.messageRate = 1
                $0.admission.pingInterval = .milliseconds(50)
            } _: { stage in
                let peer = try await Peer.plain(stage)
                var ping: [UInt8]?
                while ping == nil, let frame = await peer.next() {
                    if case .ping(let payload) = frame { ping = payload }
                }
                let pong = PeerFrame.masked(10, try #require(ping))
                peer.send(raw: pong + pong)
                try await peer.settle()
                #expect(try await stage.metric(Self.sample) == 0)
                // They may come in two seconds of the clock, with one in each.
                peer.send(raw: pong + pong + pong)
                #expect(await peer.closing() == .close(1008, "more than 1 messages within a second"))
                #expect(try await stage.metric(Self.sample) == 1)
            }
        }
    }
}
