import Testing

@testable import WebSockets

/// What libwebsockets brings of timers ends nothing of ours: its defaults are seconds here, not minutes.
@Suite(.timeLimit(.minutes(1)))
struct TimerTests {
    private static let short = LibraryDefaults(silence: (ping: 2, hangUp: 4), patience: 8)
    /// Longer than all of them.
    private static let wait = Duration.milliseconds(8500)

    @Test(arguments: Carrier.allCases, [false, true])
    func `a dialled link stays, idle or busy`(carrier: Carrier, isBusy: Bool) async throws {
        guard carrier == .plain || OpenSSL.isInstalled else { return }
        try await DialledLink.run(over: carrier, defaults: Self.short) { link in
            try await wait(on: link.probe.loop) {
                guard isBusy else { return }
                try link.peer.send(RawFrame.text("tick").encoded)
                link.probe.loop.execute { link.socket.send(text: Array("tock".utf8)) }
            }
            try link.peer.send(RawFrame.text("still here").encoded)
            var last: [UInt8] = []
            while last != Array("still here".utf8) {
                last = try #require(await link.probe.nextMessage()).bytes
            }
            link.probe.loop.execute { link.socket.send(text: Array("so am I".utf8)) }
            var frame = try #require(try link.peer.receiveFrame())
            while frame.text == "tock" { frame = try #require(try link.peer.receiveFrame()) }
            // Nothing of libwebsockets' own came in between, such as a ping.
            #expect(frame.opcode == 1)
            #expect(frame.text == "so am I")
        }
    }

    @Test(arguments: [false, true])
    func `an accepted client stays, idle or busy`(isBusy: Bool) async throws {
        var script = ServerProbe.Script()
        script.received = { text, socket in socket.send(text: Array(text.utf8)) }
        try await TestServer.run(script: script, defaults: Self.short) { server in
            let (peer, _) = try server.upgrade()
            try await wait(on: server.loop) {
                guard isBusy else { return }
                try peer.send(RawFrame.text("tick").masked)
                let answer = try peer.receiveFrame()
                #expect(answer == .text("tick"))
            }
            try peer.send(RawFrame.text("still here").masked)
            #expect(try peer.receiveFrame() == .text("still here"))
        }
    }

    @Test(arguments: [false, true])
    func `a stream of events stays, idle or busy`(isBusy: Bool) async throws {
        let (streams, made) = AsyncStream<WebSocket>.makeStream()
        var script = ServerProbe.Script()
        script.requested = { exchange in
            if let stream = exchange.stream("text/event-stream", patience: .seconds(10)) { made.yield(stream) }
        }
        try await TestServer.run(script: script, defaults: Self.short) { server in
            let peer = try server.connect()
            try peer.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            var iterator = streams.makeAsyncIterator()
            let socket = try #require(await iterator.next())
            _ = try peer.receiveHead()
            try await wait(on: server.loop) {
                guard isBusy else { return }
                server.loop.execute { socket.send(event: Array("data: tick\n\n".utf8)) }
                _ = try peer.receive(exactly: 12)
            }
            server.loop.execute { socket.send(event: Array("data: last\n\n".utf8)) }
            #expect(try peer.receive(exactly: 12) == Array("data: last\n\n".utf8))
        }
    }

    /// Waits in steps on a loop, so that it serves its sockets all the while.
    private func wait(on loop: EventLoop, _ step: () throws -> Void) async throws {
        let end = EventLoop.now + Self.wait
        while EventLoop.now < end {
            try step()
            await withCheckedContinuation { continuation in
                loop.execute {
                    LoopTimer(on: loop) { continuation.resume() }.start(after: .milliseconds(200))
                }
            }
        }
    }
}
