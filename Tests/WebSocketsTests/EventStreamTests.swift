import Testing
import WebSockets

/// Plain requests that are answered with a stream.
@Suite(.timeLimit(.minutes(1)))
struct EventStreamTests {
    private static let request = "GET / HTTP/1.1\r\nHost: x\r\n\r\n"
    private static let post = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi"

    private func serve(
        begin: @escaping @Sendable (WebSocket) -> Void = { _ in },
        writable: @escaping @Sendable (WebSocket) -> Void = { _ in },
        isLate: Bool = false,
        patience: Duration = .seconds(5),
        closePatience: Duration = .seconds(5),
        _ body: (TestServer) async throws -> Void
    ) async throws {
        let script = ServerProbe.Script(
            writable: writable,
            requested: { exchange in
                guard !isLate, exchange.path == "/" else { return }
                if let socket = exchange.stream("text/event-stream", patience: patience) { begin(socket) }
            }
        )
        try await TestServer.run(
            script: script,
            closePatience: closePatience,
            adjust: { $0.methods = HTTPRequest.Method.allCases },
            body
        )
    }

    @Test(arguments: [
        request, post, request + request, post + post, request + "garbage",
        "HEAD /x HTTP/1.1\r\nHost: x\r\n\r\n" + request,
    ])
    func `a stream is what the delegate writes, and ends with the connection`(request: String) async throws {
        let begin: @Sendable (WebSocket) -> Void = { socket in
            #expect(socket.isStream)
            #expect(socket.isReady)
            socket.send(event: Array("data: 1\n\n".utf8))
            socket.ping()
            socket.close(1001, "bye")
            socket.send(event: Array("data: too late\n\n".utf8))
        }
        try await serve(begin: begin) { server in
            let (other, _) = try server.upgrade()
            let peer = try server.connect()
            try peer.send(request)
            if request.hasPrefix("HEAD") {
                let exchange = try #require(await server.probe.nextExchange())
                server.loop.execute { exchange.respond(.text("")) }
                _ = try peer.receiveHead()
            }
            let head = try peer.receiveHead()
            #expect(head.hasPrefix("HTTP/1.1 200 OK\r\n"))
            #expect(head.header("Content-Type") == "text/event-stream")
            #expect(String(decoding: try peer.receiveUntilEnd(), as: UTF8.self) == "data: 1\n\n:\n\n")
            try other.send(RawFrame(opcode: 9, payload: [1]).masked)
            #expect(try other.receiveFrame() == RawFrame(opcode: 10, payload: [1]))
        }
    }

    @Test(arguments: [request, post])
    func `a stream may begin later, and the client's end is told`(request: String) async throws {
        try await serve(isLate: true) { server in
            var peer: RawPeer? = try server.connect()
            try peer?.send(request)
            let exchange = try #require(await server.probe.nextExchange())
            server.loop.execute {
                #expect(exchange.stream("text/event-stream", patience: .seconds(5)) != nil)
                #expect(exchange.stream("text/event-stream", patience: .seconds(5)) == nil)
                exchange.respond(.text("too late"))
            }
            #expect(try peer?.receiveHead().hasPrefix("HTTP/1.1 200") == true)
            peer = nil
            #expect(await server.probe.nextClosure() == WebSocketClosure())
            while server.server.connections > 0 { await Task.yield() }
        }
    }

    @Test func `a slow reader gets all of it, in order, and blocks nobody`() async throws {
        let line = Array(("data: " + String(repeating: "x", count: 9990) + "\n\n").utf8)
        let lines = Array(repeating: line, count: 200).flatMap { $0 }
        let progress = Progress(lines)
        try await serve(begin: { progress.push(to: $0) }, writable: { if $0.isStream { progress.push(to: $0) } }) {
            server in
            let peer = try server.connect(receiveBuffer: 4096)
            try peer.send(Self.request)
            _ = try peer.receiveHead()
            #expect(server.isAlive())
            let received = try peer.receiveUntilEnd()
            #expect(received.count == lines.count)
            // As a condition, since the difference of two large arrays takes minutes.
            let isSame = received == lines
            #expect(isSame, "the first difference is at \(zip(received, lines).prefix { $0 == $1 }.count)")
        }
    }

    @Test func `a large event that was cut takes no room from what is said behind it, and no time but that of sending`()
        async throws
    {
        let event = [UInt8](repeating: UInt8(ascii: "x"), count: 32 << 20)
        let behind = Array("event: complete\n\n".utf8)
        let begin: @Sendable (WebSocket) -> Void = { socket in
            unsafe event.withUnsafeBytes { bytes in
                let sent = unsafe socket.push(bytes)
                #expect(sent > 0)
                unsafe socket.finish(UnsafeRawBufferPointer(rebasing: bytes[sent...]))
            }
            socket.send(event: behind)
            socket.close(1000, "all of it")
        }
        // The reader may be slow: other tests take the machine for seconds at a time.
        try await serve(begin: begin, closePatience: .seconds(60)) { server in
            let before = await server.loop.processorTime()
            let peer = try server.connect(receiveBuffer: 65536)
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
            #expect(await server.loop.processorTime() - before < .milliseconds(200))
        }
    }

    @Test func `an event behind a cut one that nobody reads still has a bound`() async throws {
        let event = [UInt8](repeating: UInt8(ascii: "x"), count: 8 << 20)
        let begin: @Sendable (WebSocket) -> Void = { socket in
            unsafe event.withUnsafeBytes { bytes in
                let sent = unsafe socket.push(bytes)
                unsafe socket.finish(UnsafeRawBufferPointer(rebasing: bytes[sent...]))
            }
            for _ in 0..<20 { socket.send(event: [UInt8](repeating: UInt8(ascii: "y"), count: 4096)) }
        }
        try await serve(begin: begin) { server in
            let peer = try server.connect(receiveBuffer: 4096)
            try peer.send(Self.request)
            #expect(await server.probe.nextClosure()?.reason == "it doesn't read: 65536 bytes of events wait")
        }
    }

    @Test func `what a reader takes of a large event is seen, and what it doesn't`() async throws {
        let sockets = AsyncStream.makeStream(of: WebSocket.self)
        let event = [UInt8](repeating: UInt8(ascii: "x"), count: 4 << 20)
        let begin: @Sendable (WebSocket) -> Void = { socket in
            unsafe event.withUnsafeBytes { bytes in
                let sent = unsafe socket.push(bytes)
                unsafe socket.finish(UnsafeRawBufferPointer(rebasing: bytes[sent...]))
            }
            sockets.continuation.yield(socket)
        }
        try await serve(begin: begin, patience: .seconds(60)) { server in
            let peer = try server.connect(receiveBuffer: 4096)
            try peer.send(Self.request)
            var iterator = sockets.stream.makeAsyncIterator()
            let socket = try #require(await iterator.next())
            let hasAdvanced = {
                await withCheckedContinuation { continuation in
                    server.loop.execute { continuation.resume(returning: socket.hasAdvanced()) }
                }
            }
            for _ in 0..<3 {
                _ = try peer.receive(exactly: 100_000)
                #expect(await hasAdvanced())
                // Until its buffers are full again.
                while await hasAdvanced() { await server.pause(for: .milliseconds(50)) }
            }
        }
    }

    @Test func `the loop's stop closes streams`() async throws {
        let server = try await TestServer.start(
            script: ServerProbe.Script(requested: { exchange in
                _ = exchange.stream("text/event-stream", patience: .seconds(5))
            })
        )
        let peers = try (0..<20).map { _ in try server.connect() }
        for peer in peers {
            try peer.send(Self.request)
            _ = try peer.receiveHead()
        }
        await server.stop()
        for peer in peers { #expect(try peer.receiveUntilEnd().isEmpty) }
    }
}

/// Pushes bytes as far as the kernel takes them; used on the loop only.
private final class Progress: @unchecked Sendable {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: [UInt8]) { rest = bytes[...] }

    func push(to socket: WebSocket) {
        while socket.isReady, !rest.isEmpty {
            let portion = rest.prefix(10_000)
            let sent = unsafe portion.withUnsafeBytes { bytes in
                let sent = unsafe socket.push(bytes)
                if sent > 0 { unsafe socket.finish(UnsafeRawBufferPointer(rebasing: bytes[sent...])) }
                return sent
            }
            guard sent > 0 else { return }
            rest = rest.dropFirst(portion.count)
            if sent < portion.count { return }
        }
        if rest.isEmpty, socket.isReady { socket.close(1000, "all of it") }
    }
}
