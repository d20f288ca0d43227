import Glibc
import TestSupport
import Testing

@testable import WebSockets

/// What is different where clients come over a Unix socket.
@Suite(.timeLimit(.minutes(1)))
struct UnixSocketTests {
    private static let get = "GET / HTTP/1.1\r\nHost: x\r\n\r\n"
    private static let post = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello"

    /// Runs `body` against a server that listens on a Unix socket, and on a port.
    private func serve(
        script: ServerProbe.Script = ServerProbe.Script(),
        unix: (inout UnixPath) -> Void = { _ in },
        maximumConnections: Int = 1000,
        maximumPerAddress: Int = .max,
        sendBuffer: Int = 64 * 1024,
        pace: ReadingPace.Rule = ReadingPace.Rule(interval: .seconds(600)),
        _ body: (TestServer, _ path: String) async throws -> Void
    ) async throws {
        let folder = TemporaryFolder()
        var path = UnixPath(folder.file("s"))
        unix(&path)
        try await TestServer.run(
            script: script,
            maximumConnections: maximumConnections,
            maximumPerAddress: maximumPerAddress,
            adjust: { options in
                options.methods = HTTPRequest.Method.allCases
                options.pace = pace
            },
            adjustListener: { options in
                options.sendBuffer = sendBuffer
                options.bindings.append(.init(.unix(path)))
            }
        ) { server in
            #expect(server.listener.addresses.last == .unix(path: path.path))
            try await body(server, path.path)
        }
    }

    private func listen(_ path: UnixPath, on server: TestServer) throws -> Listener {
        try Listener(
            on: server.acceptor,
            options: .init(bindings: [.init(.unix(path))]),
            servers: [server.server],
            ledger: ConnectionLedger()
        )
    }

    private func answer(_ peer: RawPeer) throws -> String {
        let count = try #require(Int(try peer.receiveHead().header("Content-Length")))
        return String(decoding: try peer.receive(exactly: count), as: UTF8.self)
    }

    // The file.

    @Test func `its file has the mode that was given, and goes with the listener`() async throws {
        var file = ""
        try await serve(unix: { $0.mode = 0o620 }) { _, path in
            file = path
            var status = stat()
            #expect(unsafe lstat(path, &status) == 0)
            #expect(status.st_mode == S_IFSOCK | 0o620)
        }
        #expect(unsafe access(file, F_OK) != 0)
    }

    @Test func `a file that a process left behind is replaced, one that is in use is not`() async throws {
        let folder = TemporaryFolder()
        let path = UnixPath(folder.file("s"))
        // Bound, and gone without its file.
        let former = try ListeningSocket(.unix(path)) { _ in }
        close(former.descriptor)
        try await TestServer.run { server in
            let listener = try listen(path, on: server)
            _ = try RawPeer(path: path.path)
            let error = #expect(throws: WebSocketError.self) { try listen(path, on: server) }
            guard case .cannotListen(address: "unix:\(path.path)", _, inUse: true) = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            // It is still there.
            try RawPeer(path: path.path).send(Self.get)
            listener.stop()
        }
        #expect(unsafe access(path.path, F_OK) != 0)
    }

    @Test func `a file that is no socket stays, and so does another's socket`() async throws {
        let folder = TemporaryFolder()
        let path = UnixPath(folder.file("s"))
        close(unsafe open(path.path, O_CREAT | O_WRONLY, 0o600))
        try await TestServer.run { server in
            #expect(throws: WebSocketError.self) { try listen(path, on: server) }
            #expect(unsafe access(path.path, F_OK) == 0)
            unsafe unlink(path.path)
            let listener = try listen(path, on: server)
            unsafe unlink(path.path)
            let other = try ListeningSocket(.unix(path)) { _ in }
            listener.stop()
            await server.acceptor.stop()
            #expect(unsafe access(path.path, F_OK) == 0)
            other.close()
            #expect(unsafe access(path.path, F_OK) != 0)
        }
    }

    @Test(arguments: ["", String(repeating: "x", count: 108)])
    func `a path that no socket can have is an error`(path: String) async throws {
        try await TestServer.run { server in
            #expect(throws: WebSocketError.self) { try listen(UnixPath(path), on: server) }
        }
    }

    @Test func `when one address can't be had, what was bound is let go of`() async throws {
        let folder = TemporaryFolder()
        try await TestServer.run { server in
            let path = UnixPath(folder.file("s"))
            let taken = Listener.Binding(.port(host: "127.0.0.1", port: server.listener.port))
            #expect(throws: WebSocketError.self) {
                try Listener(
                    on: server.acceptor,
                    options: .init(bindings: [.init(.unix(path)), taken]),
                    servers: [server.server],
                    ledger: ConnectionLedger()
                )
            }
            #expect(unsafe access(path.path, F_OK) != 0)
        }
    }

    // Requests.

    @Test func `requests with a body follow one another on one connection`() async throws {
        let echo = ServerProbe.Script(requested: { exchange in
            let body = String(decoding: exchange.request.body, as: UTF8.self)
            exchange.respond(.text("\(exchange.peer) \(exchange.request.binding) \(exchange.request.method) \(body)"))
        })
        try await serve(script: echo) { _, path in
            let peer = try RawPeer(path: path)
            for _ in 0..<3 {
                try peer.send(Self.post)
                #expect(try answer(peer) == "unix 1 post hello\n")
                try peer.send(Self.get)
                #expect(try answer(peer) == "unix 1 get \n")
            }
            try peer.send(TestServer.handshake())
            #expect(try peer.receiveHead().hasPrefix("HTTP/1.1 101 "))
        }
    }

    @Test func `a body that came together with another request is refused here too`() async throws {
        try await serve { server, path in
            let peer = try RawPeer(path: path)
            try peer.send(Self.post)
            var exchange = try #require(await server.probe.nextExchange())
            server.loop.execute { [exchange] in exchange.respond(.text("first")) }
            #expect(try answer(peer) == "first\n")
            try peer.send(Self.get + Self.post)
            exchange = try #require(await server.probe.nextExchange())
            server.loop.execute { [exchange] in exchange.respond(.text("second")) }
            #expect(try answer(peer) == "second\n")
            #expect(String(decoding: try peer.receiveUntilEnd(), as: UTF8.self).hasPrefix("HTTP/1.1 503 "))
            #expect(server.isAlive())
        }
    }

    @Test func `a head may come in pieces, and a wrong one is refused`() async throws {
        try await serve(script: .init(requested: { $0.respond(.text("ok")) })) { server, path in
            let peer = try RawPeer(path: path)
            for piece in ["GET / HT", "TP/1.1\r\nHo", "st: x\r\n", "\r\n"] {
                try peer.send(piece)
                #expect(server.isAlive())
            }
            #expect(try answer(peer) == "ok\n")
            let wrong = try RawPeer(path: path)
            try wrong.send("GET / HTTP/1.1\r\nHost : x\r\n\r\n")
            #expect(try wrong.receiveHead().hasPrefix("HTTP/1.1 400 "))
        }
    }

    @Test func `a client that leaves while it waits is noticed`() async throws {
        try await serve { server, path in
            var peer: RawPeer? = try RawPeer(path: path)
            try peer?.send(Self.get)
            let exchange = try #require(await server.probe.nextExchange())
            let (left, leave) = AsyncStream.makeStream(of: Void.self)
            server.loop.execute { exchange.whenClientLeaves { leave.yield() } }
            peer = nil
            var iterator = left.makeAsyncIterator()
            #expect(await iterator.next() != nil)
            while server.server.connections > 0 {
                try Task.checkCancellation()
                await Task.yield()
            }
            withExtendedLifetime(peer) {}
        }
    }

    // Limits.

    @Test func `no limit for an address concerns its clients, and that for all does`() async throws {
        try await serve(maximumConnections: 3, maximumPerAddress: 1) { server, path in
            let peers = try (0..<3).map { _ in try RawPeer(path: path) }
            for peer in peers {
                try peer.send(TestServer.handshake())
                #expect(try peer.receiveHead().hasPrefix("HTTP/1.1 101 "))
            }
            #expect(try RawPeer(path: path).receiveHead().hasPrefix("HTTP/1.1 503 "))
            #expect(try server.connect().receiveHead().hasPrefix("HTTP/1.1 503 "))
            for peer in peers { peer.finishSending() }
            while server.server.connections > 0 {
                try Task.checkCancellation()
                await Task.yield()
            }
            let port = try server.upgrade()
            #expect(port.head.hasPrefix("HTTP/1.1 101 "))
            #expect(try server.connect().receiveHead().hasPrefix("HTTP/1.1 429 "))
            #expect(server.refusals == [.total: 2, .address: 1])
        }
    }

    // Progress.

    @Test(arguments: [4096, 64 * 1024])
    func `what a peer takes of a large frame is seen, and what it doesn't`(sendBuffer: Int) async throws {
        let frame = RawFrame(opcode: 2, payload: [UInt8](repeating: 7, count: 8 << 20)).encoded
        let script = ServerProbe.Script(opened: { socket in
            let sent = socket.push(frame[...])
            socket.finish(frame[sent...])
        })
        try await serve(script: script, sendBuffer: sendBuffer) { server, path in
            let peer = try RawPeer(path: path)
            try peer.send(TestServer.handshake())
            let socket = try #require(await server.probe.nextOpened()).socket
            let hasAdvanced = {
                await withCheckedContinuation { continuation in
                    server.loop.execute { continuation.resume(returning: socket.hasAdvanced()) }
                }
            }
            _ = try peer.receiveHead()
            let settle = {
                // Until its buffer is full.
                repeat {
                    try Task.checkCancellation()
                    await server.pause(for: .milliseconds(100))
                } while await hasAdvanced()
            }
            try await settle()
            for _ in 0..<10 {
                #expect(await !hasAdvanced())
                // More than its buffer has, so that there is room in between.
                _ = try peer.receive(exactly: 300_000)
                #expect(await hasAdvanced())
                try await settle()
            }
        }
    }

    @Test func `who reads an answer slowly gets it whole, and who doesn't is cut`() async throws {
        let body = [UInt8](repeating: 7, count: 3 << 20)
        let script = ServerProbe.Script(requested: { $0.respond(HTTPResponse(body: body)) })
        let pace = ReadingPace.Rule(bytes: 16_384, interval: .milliseconds(300))
        try await serve(script: script, pace: pace) { server, path in
            let slow = try RawPeer(path: path)
            try slow.send(Self.get)
            _ = try slow.receiveHead()
            var count = 0
            // It takes several intervals.
            for _ in 0..<20 {
                count += try slow.receive(exactly: 65_536).count
                await server.pause(for: .milliseconds(100))
            }
            #expect(server.server.slowReaderCount == 0)
            #expect(try slow.receive(exactly: body.count - count).count == body.count - count)
            let stuck = try RawPeer(path: path)
            try stuck.send(Self.get)
            while server.server.slowReaderCount == 0 {
                try Task.checkCancellation()
                await server.pause(for: .milliseconds(10))
            }
            #expect(try stuck.receiveUntilEnd().count < body.count)
            #expect(server.isAlive())
        }
    }

    @Test func `streams of events go to its readers, whose leaving is noticed`() async throws {
        let script = ServerProbe.Script(requested: { exchange in
            exchange.stream("text/event-stream", timeout: .seconds(5))?.send(event: Array("data: 1\n\n".utf8))
        })
        try await serve(script: script) { server, path in
            var peer: RawPeer? = try RawPeer(path: path)
            try peer?.send(Self.get)
            #expect(try peer?.receiveHead().hasPrefix("HTTP/1.1 200 ") == true)
            #expect(try peer?.receive(exactly: 9) == Array("data: 1\n\n".utf8))
            peer = nil
            #expect(await server.probe.nextClosure() != nil)
            withExtendedLifetime(peer) {}
        }
    }
}
