import Glibc
import OpenSSLCommand
import Testing

@testable import WebSockets

/// What libwebsockets brings of timers ends nothing of ours: its defaults are seconds here, not minutes.
@Suite(.timeLimit(.minutes(1)))
struct TimerTests {
    private static let short = LibraryDefaults(silence: (ping: .seconds(2), hangUp: .seconds(4)), timeout: .seconds(8))
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
    func `a dial takes as long as its owner lets it, for the TLS handshake or for the answer`(isSecure: Bool)
        async throws
    {
        let defaults = LibraryDefaults(timeout: .seconds(1))
        let loop = try EventLoop(name: "dial", servesSockets: true, closeTimeout: .seconds(5), defaults: defaults)
        let probe = ClientProbe(on: loop)
        let listener = try RawListener()
        var target = WebSocketClient.Target.loopback(listener.port)
        target.isSecure = isSecure
        _ = await probe.dial(target)
        let peer = try listener.accept()
        try await wait(on: loop, for: .milliseconds(2500)) {}
        if isSecure {
            _ = try peer.receive()
            try peer.send("HTTP/1.1 400 Bad Request\r\n\r\n")
            // It was still waiting: this is what it is told now.
            #expect(await probe.nextFailure()?.description.contains("no TLS here") == true)
        } else {
            try peer.acceptUpgrade()
            #expect(await probe.nextDialled() != nil)
        }
        await loop.stop()
    }

    @Test func `an address that takes no connection has all of the dial's time, and another one its turn`()
        async throws
    {
        let loop = try EventLoop(
            name: "dial",
            servesSockets: true,
            closeTimeout: .seconds(5),
            defaults: LibraryDefaults(timeout: .seconds(1))
        )
        let probe = ClientProbe(on: loop)
        // The queue of one is full, so that the kernel doesn't answer.
        let (deaf, served) = try Self.listeners()
        let others = (0..<4).map { _ in OutgoingSocket.connecting(to: "127.0.0.1", deaf.port) }
        let client = await probe.dial(.loopback(deaf.port))
        try await wait(on: loop, for: .milliseconds(2500)) {}
        #expect(await probe.progress(of: client)?.hasPrefix("waiting for 127.0.0.1 ") == true)
        await probe.abandon(client)

        var target = WebSocketClient.Target.loopback(deaf.port, host: "two-addresses.invalid")
        target.addressTimeout = .milliseconds(200)
        target.knownAddresses = ["127.0.0.1", "::1"]
        _ = await probe.dial(target)
        let first = try served.accept()
        try first.acceptUpgrade()
        #expect(await probe.nextDialled() != nil)

        // So it is with a proxy's name.
        target.proxies = ProxyEnvironment { $0 == "http_proxy" ? "http://two-addresses.invalid:\(deaf.port)" : nil }
        _ = await probe.dial(target)
        let peer = try served.accept()
        #expect(try peer.receiveHead().hasPrefix("CONNECT two-addresses.invalid:"))
        try peer.send("HTTP/1.1 200 Fine\r\n\r\n")
        try peer.acceptUpgrade()
        #expect(await probe.nextDialled() != nil)

        // One that is the only address has all of the time here, too.
        target.knownAddresses = ["127.0.0.1"]
        let tunnelled = await probe.dial(target)
        #expect(
            await probe.progress(of: tunnelled)
                == "connecting to the proxy http://two-addresses.invalid:\(deaf.port)"
        )
        await probe.abandon(tunnelled)
        withExtendedLifetime(first) {}
        for descriptor in others { close(descriptor) }
        await loop.stop()
    }

    /// One that takes a single connection, and another one on its port of IPv6.
    private static func listeners() throws -> (deaf: RawListener, served: RawListener) {
        for _ in 0..<20 {
            let deaf = try RawListener(backlog: 0)
            // Somebody else may have the port there.
            if let served = try? RawListener(family: AF_INET6, port: deaf.port) { return (deaf, served) }
        }
        throw RawPeer.Failure(description: "no port that is free for both")
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
            if let stream = exchange.stream("text/event-stream", timeout: .seconds(10)) { made.yield(stream) }
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

    @Test(arguments: [
        "GET / HTTP/1.1\r\nHost: x\r\n\r\n", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello",
    ])
    func `an HTTP answer that is awaited for longer than the library's timeout comes, as does the next one`(
        request: String
    ) async throws {
        let adjust: (inout WebSocketServer.Options) -> Void = { $0.methods = HTTPRequest.Method.allCases }
        try await TestServer.run(defaults: LibraryDefaults(timeout: .seconds(1)), adjust: adjust) { server in
            let peer = try server.connect()
            for time in [2500, 0] {
                try peer.send(request)
                let exchange = try #require(await server.probe.nextExchange())
                try await wait(on: server.loop, for: .milliseconds(time)) {}
                server.loop.execute { exchange.respond(.text("answer")) }
                #expect(try peer.receiveHead().hasPrefix("HTTP/1.1 200 "))
                #expect(try peer.receive(exactly: 7) == Array("answer\n".utf8))
            }
        }
    }

    @Test func `an HTTP answer that is read for longer than the library's timeout comes whole, as does the next one`()
        async throws
    {
        let body = [UInt8](repeating: 7, count: 10 << 20)
        let script = ServerProbe.Script(requested: { $0.respond(HTTPResponse(body: body)) })
        try await TestServer.run(script: script, defaults: LibraryDefaults(timeout: .seconds(1))) { server in
            let peer = try server.connect(receiveBuffer: 65536)
            for time in [2500, 0] {
                try peer.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
                _ = try peer.receiveHead()
                var taken = 0
                try await wait(on: server.loop, for: .milliseconds(time)) {
                    taken += try peer.receive(exactly: 10_000).count
                }
                let isWhole = try peer.receive(exactly: body.count - taken).allSatisfy { $0 == 7 }
                #expect(isWhole)
            }
        }
    }

    /// Waits in steps on a loop, so that it serves its sockets all the while.
    private func wait(on loop: EventLoop, for time: Duration = Self.wait, _ step: () throws -> Void) async throws {
        let end = EventLoop.now + time
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
