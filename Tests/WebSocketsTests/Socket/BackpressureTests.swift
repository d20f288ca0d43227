import Synchronization
import Testing
import WebSockets

@Suite(.timeLimit(.minutes(1)))
struct BackpressureTests {
    /// Pushes numbered text frames, as a shard does: whole ones while there is room, the rest of a cut one at once.
    private final class Pusher: Sendable {
        private struct State {
            var next = 0
            var cuts = 0
        }

        private let state = Mutex(State())
        private let count: Int
        private let size: Int
        /// Told once, when the client's socket is full.
        let choked: AsyncStream<Void>
        private let continuation: AsyncStream<Void>.Continuation

        init(count: Int, size: Int) {
            self.count = count
            self.size = size
            (choked, continuation) = AsyncStream.makeStream()
        }

        var cuts: Int { state.withLock { $0.cuts } }

        static func payload(_ number: Int, size: Int) -> [UInt8] {
            let head = Array("frame \(number) ".utf8)
            return head + (0..<(size - head.count)).map { UInt8(97 + ($0 &+ number) % 26) }
        }

        func push(to socket: WebSocket) {
            while socket.isReady {
                let number = state.withLock { $0.next }
                guard number < count else { return }
                let frame = RawFrame(opcode: 1, payload: Self.payload(number, size: size)).encoded
                let sent = socket.push(frame[...])
                guard sent > 0 else { break }
                state.withLock { $0.next += 1 }
                guard sent < frame.count else { continue }
                state.withLock { $0.cuts += 1 }
                socket.finish(frame[sent...])
                break
            }
            continuation.yield()
        }
    }

    @Test(arguments: [300, 64 * 1024, 200_000])
    func `a slow reader gets whole frames, and pongs between them only`(size: Int) async throws {
        let count = 1_500_000 / size + 20
        let pusher = Pusher(count: count, size: size)
        let push: @Sendable (WebSocket) -> Void = { pusher.push(to: $0) }
        try await TestServer.run(script: ServerProbe.Script(opened: push, writable: push)) { server in
            let (peer, _) = try server.upgrade(receiveBuffer: 4096)
            for await _ in pusher.choked { break }
            var (frames, pings, pongs) = (0, 0, 0)
            while frames < count {
                // One ping on its way at a time: libwebsockets keeps one pong only.
                if pings == pongs {
                    try peer.send(RawFrame(opcode: 9, payload: [UInt8(pings & 0xFF)]).masked)
                    pings += 1
                }
                let frame = try #require(try peer.receiveFrame())
                if frame.opcode == 10 {
                    #expect(frame.payload == [UInt8(pongs & 0xFF)])
                    pongs += 1
                    continue
                }
                guard frame == RawFrame(opcode: 1, payload: Pusher.payload(frames, size: size)) else {
                    Issue.record("frame \(frames) is damaged, after \(pongs) pongs")
                    return
                }
                frames += 1
            }
            // The kernel may take small frames whole or not at all.
            if size > 4096 { #expect(pusher.cuts > 0) }
            #expect(pongs > 0)
        }
    }

    @Test
    func `a reply and a close wait their turn behind a cut frame`() async throws {
        let size = 64 * 1024
        let pusher = Pusher(count: 1000, size: size)
        let script = ServerProbe.Script(
            opened: { pusher.push(to: $0) },
            received: { _, socket in
                socket.send(text: Array("reply".utf8))
                socket.close(1013, "Try again later")
            }
        )
        try await TestServer.run(script: script, closeTimeout: .seconds(600)) { server in
            let (peer, _) = try server.upgrade(receiveBuffer: 4096)
            for await _ in pusher.choked { break }
            #expect(pusher.cuts == 1)
            try peer.send(RawFrame.text("go").masked)
            _ = await server.probe.nextMessage()
            var frames: [RawFrame] = []
            while frames.last?.opcode != 8 { frames.append(try #require(try peer.receiveFrame())) }
            let events = frames.dropLast(2)
            for (number, frame) in events.enumerated() {
                #expect(frame.payload == Pusher.payload(number, size: size))
            }
            #expect(events.count > 0)
            #expect(frames.suffix(2) == [.text("reply"), .close(1013, "Try again later")])
        }
    }

    @Test
    func `replies to a client that doesn't read are bounded`() async throws {
        let reply = [UInt8](repeating: 97, count: 10_000)
        let script = ServerProbe.Script(received: { _, socket in for _ in 0..<100 { socket.send(text: reply) } })
        try await TestServer.run(script: script, adjust: { $0.limits.controlSize = 50_000 }) { server in
            let (peer, _) = try server.upgrade(receiveBuffer: 4096)
            try peer.send(RawFrame.text("go").masked)
            let closure = try #require(await server.probe.nextClosure())
            #expect(closure.code == nil)
            #expect(closure.reason.hasPrefix("it doesn't read"))
        }
    }

    @Test
    func `one message that is larger than the bound passes when nothing waits`() async throws {
        let reply = [UInt8](repeating: 97, count: 3 << 20)
        let script = ServerProbe.Script(opened: { $0.send(text: reply) })
        try await TestServer.run(script: script, adjust: { $0.limits.controlSize = 1000 }) { server in
            let (peer, _) = try server.upgrade(receiveBuffer: 4096)
            #expect(try peer.receiveFrame()?.payload.count == reply.count)
        }
    }

    @Test
    func `a message that the kernel has room for is sent in one piece`() async throws {
        // Without tx_packet_size libwebsockets sends 4116 bytes and keeps the rest for later.
        let (readiness, continuation) = AsyncStream<Bool>.makeStream()
        let script = ServerProbe.Script(opened: { socket in
            socket.send(text: [UInt8](repeating: 97, count: 60_000))
            continuation.yield(socket.isReady)
        })
        try await TestServer.run(script: script) { server in
            let (peer, _) = try server.upgrade()
            for await isReady in readiness {
                #expect(isReady)
                break
            }
            #expect(try peer.receiveFrame()?.payload.count == 60_000)
        }
    }

    @Test
    func `a server pings and hears the pong`() async throws {
        try await TestServer.run(script: ServerProbe.Script(opened: { $0.ping() })) { server in
            let (peer, _) = try server.upgrade()
            let ping = try #require(try peer.receiveFrame())
            #expect(ping.opcode == 9)
            try peer.send(RawFrame(opcode: 10, payload: ping.payload).masked)
            #expect(await server.probe.nextPong())
        }
    }

    @Test
    func `push to a client that is gone is harmless`() async throws {
        let frame = RawFrame.text("x").encoded
        let (sent, continuation) = AsyncStream<Int>.makeStream()
        let script = ServerProbe.Script(closed: { socket in
            socket.finish(frame[...])
            let count = socket.push(frame[...])
            continuation.yield(socket.isReady ? -1 : count)
        })
        try await TestServer.run(script: script) { server in
            do {
                let (peer, _) = try server.upgrade()
                _ = peer
            }
            for await count in sent {
                #expect(count == 0)
                break
            }
        }
    }
}
