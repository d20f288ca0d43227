import OpenSSLCommand
import Testing

@testable import WebSockets

/// Plain requests that are answered with a stream.
@Suite(.timeLimit(.minutes(1)))
struct EventStreamTests {
    enum Transport: CaseIterable {
        case plaintext, tls

        /// What can be tested here.
        static var all: [Transport] { OpenSSL.isInstalled ? allCases : [.plaintext] }
    }

    private static let request = "GET / HTTP/1.1\r\nHost: x\r\n\r\n"
    private static let post = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi"

    private func serve(
        over transport: Transport = .plaintext,
        begin: @escaping @Sendable (WebSocket) -> Void = { _ in },
        writable: @escaping @Sendable (WebSocket) -> Void = { _ in },
        isLate: Bool = false,
        timeout: Duration = .seconds(5),
        closeTimeout: Duration = .seconds(5),
        defaults: LibraryDefaults = LibraryDefaults(),
        _ body: (TestServer) async throws -> Void
    ) async throws {
        let files = transport == .tls ? try CertificateFiles() : nil
        let identity = try files.map { try ServerIdentity(certificateFile: $0.certificate, keyFile: $0.key) }
        let script = ServerProbe.Script(
            writable: writable,
            requested: { exchange in
                guard !isLate, exchange.path == "/" else { return }
                if let socket = exchange.stream("text/event-stream", timeout: timeout) { begin(socket) }
            }
        )
        try await TestServer.run(
            script: script,
            closeTimeout: closeTimeout,
            defaults: defaults,
            adjust: { options in
                options.methods = HTTPRequest.Method.allCases
                options.identity = identity
                options.headerTimeout = .seconds(60)
            },
            adjustListener: { $0.sendBuffer = 16 * 1024 },
            body
        )
    }

    /// A reader that chokes early; over TLS as early as the kernel lets it.
    private func connect(_ server: TestServer, receiveBuffer: Int32? = nil) throws -> RawPeer {
        server.server.isSecure
            ? try RawPeer(securePort: server.listener.port) : try server.connect(receiveBuffer: receiveBuffer)
    }

    /// Over TLS who sends more than a request is cut off.
    private static let requests: [(Transport, String)] =
        [request, post, request + request, post + post, request + "garbage", head + request].map { (.plaintext, $0) }
        + (Transport.all.contains(.tls) ? [request, post, head + request].map { (.tls, $0) } : [])
    private static let head = "HEAD /x HTTP/1.1\r\nHost: x\r\n\r\n"

    @Test(arguments: requests)
    func `a stream is what the delegate writes, and ends with the connection`(transport: Transport, request: String)
        async throws
    {
        let begin: @Sendable (WebSocket) -> Void = { socket in
            #expect(socket.isStream)
            #expect(socket.isReady)
            socket.send(event: Array("data: 1\n\n".utf8))
            socket.ping()
            socket.close(1001, "bye")
            socket.send(event: Array("data: too late\n\n".utf8))
        }
        try await serve(over: transport, begin: begin) { server in
            let other = try connect(server)
            try other.send(TestServer.handshake())
            _ = try other.receiveHead()
            let peer = try connect(server)
            try peer.send(request.hasPrefix(Self.head) ? Self.head : request)
            if request.hasPrefix(Self.head) {
                if transport == .plaintext { try peer.send(Self.request) }
                let exchange = try #require(await server.probe.nextExchange())
                server.loop.execute { exchange.respond(.text("")) }
                _ = try peer.receiveHead()
                if transport == .tls { try peer.send(Self.request) }
            }
            let head = try peer.receiveHead()
            #expect(head.hasPrefix("HTTP/1.1 200 OK\r\n"))
            #expect(head.header("Content-Type") == "text/event-stream")
            #expect(String(decoding: try peer.receiveUntilEnd(), as: UTF8.self) == "data: 1\n\n:\n\n")
            try other.send(RawFrame(opcode: 9, payload: [1]).masked)
            #expect(try other.receiveFrame() == RawFrame(opcode: 10, payload: [1]))
        }
    }

    @Test(arguments: Transport.all, [request, post])
    func `a stream may begin later, and the client's end is told`(transport: Transport, request: String) async throws {
        try await serve(over: transport, isLate: true) { server in
            var peer: RawPeer? = try connect(server)
            try peer?.send(request)
            let exchange = try #require(await server.probe.nextExchange())
            server.loop.execute {
                #expect(exchange.stream("text/event-stream", timeout: .seconds(5)) != nil)
                #expect(exchange.stream("text/event-stream", timeout: .seconds(5)) == nil)
                exchange.respond(.text("too late"))
            }
            #expect(try peer?.receiveHead().hasPrefix("HTTP/1.1 200") == true)
            peer = nil
            #expect(await server.probe.nextClosure() == WebSocketClosure())
            while server.server.connections > 0 { await Task.yield() }
        }
    }

    @Test(arguments: Transport.all)
    func `a slow reader gets all of it, in order, and blocks nobody`(transport: Transport) async throws {
        // No two alike, so that one in another's place shows.
        let lines = (0..<800).flatMap { number in
            Array("data: \(number) \(String(repeating: "x", count: 9980))\n\n".utf8)
        }
        let progress = Progress(lines)
        let writable: @Sendable (WebSocket) -> Void = { if $0.isStream { progress.push(to: $0) } }
        try await serve(
            over: transport,
            begin: { progress.push(to: $0) },
            writable: writable,
            // It is the reader that is slow here, and on a busy machine much slower.
            timeout: .seconds(60),
            closeTimeout: .seconds(60)
        ) { server in
            let peer = try connect(server, receiveBuffer: 4096)
            try peer.send(Self.request)
            _ = try peer.receiveHead()
            try await progress.stalls(on: server)
            let before = await server.loop.processorTime()
            await server.pause(for: .milliseconds(500))
            #expect(await server.loop.processorTime() - before < .milliseconds(100))
            let other = try connect(server)
            try other.send(TestServer.handshake())
            #expect(try other.receiveHead().hasPrefix("HTTP/1.1 101"))
            let received = try peer.receiveUntilEnd()
            #expect(received.count == lines.count)
            // As a condition, since the difference of two large arrays takes minutes.
            let isSame = received == lines
            #expect(isSame, "the first difference is at \(zip(received, lines).prefix { $0 == $1 }.count)")
        }
    }

    @Test(arguments: Transport.all)
    func `a large event that was cut takes no room from what is said behind it, and no time but that of sending`(
        transport: Transport
    ) async throws {
        let event = [UInt8](repeating: UInt8(ascii: "x"), count: 32 << 20)
        let behind = Array("event: complete\n\n".utf8)
        let begin: @Sendable (WebSocket) -> Void = { socket in
            let sent = socket.push(event[...])
            #expect(sent > 0)
            socket.finish(event[sent...])
            socket.send(event: behind)
            socket.close(1000, "all of it")
        }
        // The reader may be slow: other tests take the machine for seconds at a time.
        try await serve(over: transport, begin: begin, closeTimeout: .seconds(60)) { server in
            let before = await server.loop.processorTime()
            let peer = try connect(server, receiveBuffer: 65536)
            try peer.send(Self.request)
            _ = try peer.receiveHead()
            var count = 0
            var end: [UInt8] = []
            while true {
                let piece = try peer.receive()
                if piece.isEmpty { break }
                count += piece.count
                end = Array((end + piece.suffix(behind.count)).suffix(behind.count))
            }
            #expect(count == event.count + behind.count)
            #expect(end == behind)
            // To move what is left with each piece that is sent would take several seconds.
            #expect(await server.loop.processorTime() - before < .seconds(1))
        }
    }

    @Test(arguments: Transport.all)
    func `an event behind a cut one that nobody reads still has a bound`(transport: Transport) async throws {
        let event = [UInt8](repeating: UInt8(ascii: "x"), count: 8 << 20)
        let begin: @Sendable (WebSocket) -> Void = { socket in
            let sent = socket.push(event[...])
            socket.finish(event[sent...])
            for _ in 0..<20 { socket.send(event: [UInt8](repeating: UInt8(ascii: "y"), count: 4096)) }
        }
        try await serve(over: transport, begin: begin) { server in
            let peer = try connect(server, receiveBuffer: 4096)
            try peer.send(Self.request)
            #expect(await server.probe.nextClosure()?.reason == "it doesn't read: 65536 bytes of events wait")
        }
    }

    @Test(arguments: Transport.all)
    func `what a reader takes of a large event is seen, and what it doesn't`(transport: Transport) async throws {
        let sockets = AsyncStream.makeStream(of: WebSocket.self)
        let event = [UInt8](repeating: UInt8(ascii: "x"), count: 16 << 20)
        let begin: @Sendable (WebSocket) -> Void = { socket in
            let sent = socket.push(event[...])
            socket.finish(event[sent...])
            sockets.continuation.yield(socket)
        }
        try await serve(over: transport, begin: begin, timeout: .seconds(60)) { server in
            let peer = try connect(server, receiveBuffer: 4096)
            try peer.send(Self.request)
            var iterator = sockets.stream.makeAsyncIterator()
            let socket = try #require(await iterator.next())
            let hasAdvanced = {
                await withCheckedContinuation { continuation in
                    server.loop.execute { continuation.resume(returning: socket.hasAdvanced()) }
                }
            }
            for _ in 0..<3 {
                // More than a command that speaks TLS for it has in its buffers.
                _ = try peer.receive(exactly: transport == .tls ? 1_000_000 : 100_000)
                #expect(await hasAdvanced())
                // Until its buffers are full again.
                while await hasAdvanced() { await server.pause(for: .milliseconds(50)) }
            }
        }
    }

    @Test(arguments: Transport.all)
    func `the loop's stop closes streams`(transport: Transport) async throws {
        var peers: [RawPeer] = []
        try await serve(over: transport) { server in
            peers = try (0..<20).map { _ in try connect(server) }
            for peer in peers {
                try peer.send(Self.request)
                _ = try peer.receiveHead()
            }
        }
        for peer in peers { #expect(try peer.receiveUntilEnd().isEmpty) }
    }

    @Test(arguments: Transport.all)
    func `no timer of the library's ends a stream`(transport: Transport) async throws {
        let sockets = AsyncStream.makeStream(of: WebSocket.self)
        try await serve(
            over: transport,
            begin: { sockets.continuation.yield($0) },
            defaults: LibraryDefaults(silence: (.seconds(1), .seconds(2)), timeout: .seconds(1))
        ) { server in
            let peer = try connect(server)
            try peer.send(Self.request)
            _ = try peer.receiveHead()
            var iterator = sockets.stream.makeAsyncIterator()
            let socket = try #require(await iterator.next())
            await server.pause(for: .seconds(3))
            server.loop.execute { socket.close(1000, "late") }
            #expect(try peer.receiveUntilEnd().isEmpty)
            #expect(await server.probe.nextClosure() == WebSocketClosure(code: nil, reason: "late", ownCode: 1000))
        }
    }

    @Test(.enabled(if: OpenSSL.isInstalled, "needs the openssl command"), arguments: [request, post])
    func `over TLS who sends more is cut off at once, and costs nobody anything`(request: String) async throws {
        try await serve(over: .tls) { server in
            let silent = try connect(server)
            try silent.send(Self.request)
            _ = try silent.receiveHead()
            // Together with the request, in its record or behind it; later; and without end.
            let more = [Self.request, "x", String(repeating: "garbage ", count: 20_000)]
            for words in more {
                let ahead = try connect(server)
                // Whether it hears anything before is a matter of time.
                try? ahead.send(request + words)
                _ = try ahead.receiveUntilEnd()
                let later = try connect(server)
                try later.send(request)
                _ = try later.receiveHead()
                try? later.send(words)
                #expect(try later.receiveUntilEnd().isEmpty)
            }
            for _ in 0..<(2 * more.count) { #expect(await server.probe.nextClosure() == WebSocketClosure()) }
            #expect(server.server.connections == 1)
            let before = await server.loop.processorTime()
            await server.pause(for: .milliseconds(500))
            #expect(await server.loop.processorTime() - before < .milliseconds(100))
            withExtendedLifetime(silent) {}
        }
    }
}

/// Pushes bytes as far as the kernel takes them; used on the loop only.
private final class Progress: @unchecked Sendable {
    private var rest: ArraySlice<UInt8>
    private var pushes = 0

    /// Returns when the reader's buffers are full.
    func stalls(on server: TestServer) async throws {
        var before = -1
        while true {
            let now = await withCheckedContinuation { continuation in
                server.loop.execute { continuation.resume(returning: self.pushes) }
            }
            if now == before { return }
            before = now
            await server.pause(for: .milliseconds(200))
        }
    }

    init(_ bytes: [UInt8]) { rest = bytes[...] }

    func push(to socket: WebSocket) {
        while socket.isReady, !rest.isEmpty {
            let portion = rest.prefix(10_000)
            let sent = socket.push(portion)
            guard sent > 0 else { return }
            socket.finish(portion.dropFirst(sent))
            pushes += 1
            rest = rest.dropFirst(portion.count)
            if sent < portion.count { return }
        }
        if rest.isEmpty, socket.isReady { socket.close(1000, "all of it") }
    }
}
