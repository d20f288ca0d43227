import Testing
import WebSockets

@Suite(.timeLimit(.minutes(1)))
struct CloseTests {
    /// Where a close is asked for: from each of lws' callbacks, and from outside all of them.
    enum Place: CaseIterable {
        case opened, received, writable, sweep
    }

    @Test(
        arguments: Place.allCases,
        [(4409, "Subscriber for 1 already exists"), (1013, "Try again later"), (1012, "")]
    )
    func `a server's close reaches the client with code and reason`(
        place: Place,
        close: (code: UInt16, reason: String)
    ) async throws {
        var script = ServerProbe.Script()
        let end: @Sendable (WebSocket) -> Void = { $0.close(close.code, close.reason) }
        switch place {
        case .opened: script.opened = end
        case .received: script.received = { _, socket in end(socket) }
        case .writable:
            script.opened = { $0.requestWritable() }
            script.writable = end
        case .sweep: break
        }
        try await TestServer.run(script: script) { server in
            let (peer, _) = try server.upgrade()
            let opened = try #require(await server.probe.nextOpened())
            if place == .received { try peer.send(RawFrame.text("x").masked) }
            if place == .sweep { server.loop.execute { end(opened.socket) } }
            #expect(try peer.receiveFrame() == .close(close.code, close.reason))
            try peer.send(RawFrame.close(close.code).masked)
            // Nothing follows the close frame, no second one of libwebsockets' own above all.
            #expect(try peer.receiveUntilEnd() == [])
            let closure = await server.probe.nextClosure()
            #expect(closure?.ownCode == close.code)
            #expect(closure?.reason == close.reason)
        }
    }

    @Test
    func `what was sent before a close arrives before it, what is sent after it never`() async throws {
        var script = ServerProbe.Script()
        script.opened = { socket in
            socket.send(text: Array("last words".utf8))
            socket.close(1000, "")
            socket.send(text: Array("too late".utf8))
            socket.ping()
            socket.close(4400, "")
        }
        try await TestServer.run(script: script) { server in
            let (peer, _) = try server.upgrade()
            #expect(try peer.receiveFrame() == .text("last words"))
            #expect(try peer.receiveFrame() == .close(1000))
            // What the client still says is not heard either.
            try peer.send(RawFrame.text("ignored").masked + RawFrame.close(1000).masked)
            #expect(try peer.receiveUntilEnd() == [])
            for await event in server.probe.events {
                if case .received = event { Issue.record("a message after the close was delivered") }
                if case .closed = event { break }
            }
        }
    }

    @Test
    func `a client that never answers a close is cut off when the close timeout is over`() async throws {
        let script = ServerProbe.Script(opened: { $0.close(4408, "Connection initialisation timeout") })
        try await TestServer.run(script: script, closeTimeout: .milliseconds(30)) { server in
            let (peer, _) = try server.upgrade()
            #expect(try peer.receiveFrame()?.closeCode == 4408)
            #expect(try peer.receiveUntilEnd() == [])
            let closure = await server.probe.nextClosure()
            #expect(closure == WebSocketClosure(reason: "Connection initialisation timeout", ownCode: 4408))
        }
    }

    @Test
    func `several closes are cut off, those that were answered aside`() async throws {
        let script = ServerProbe.Script(received: { _, socket in socket.close(1001, "") })
        try await TestServer.run(script: script, closeTimeout: .milliseconds(50)) { server in
            let peers = try (0..<6).map { _ in try server.upgrade().peer }
            for peer in peers { try peer.send(RawFrame.text("go").masked) }
            for (index, peer) in peers.enumerated() {
                #expect(try peer.receiveFrame()?.closeCode == 1001)
                if index % 2 == 0 { try peer.send(RawFrame.close(1001).masked) }
            }
            for peer in peers { #expect(try peer.receiveUntilEnd() == []) }
            var answered = 0
            for _ in peers { answered += await server.probe.nextClosure()?.code == 1001 ? 1 : 0 }
            #expect(answered == 3)
        }
    }

    @Test(arguments: [1000, 1001, 3000, 4400, 4999] as [UInt16])
    func `a client's close is answered and reported`(code: UInt16) async throws {
        try await TestServer.run { server in
            let (peer, _) = try server.upgrade()
            try peer.send(RawFrame.close(code, "bye").masked)
            #expect(try peer.receiveFrame()?.closeCode == code)
            #expect(try peer.receiveUntilEnd() == [])
            #expect(await server.probe.nextClosure() == WebSocketClosure(code: code, reason: "bye"))
        }
    }

    @Test
    func `a close without a code is reported as 1005`() async throws {
        try await TestServer.run { server in
            let (peer, _) = try server.upgrade()
            try peer.send(RawFrame(opcode: 8).masked)
            #expect(try peer.receiveFrame()?.opcode == 8)
            #expect(await server.probe.nextClosure() == WebSocketClosure(code: 1005))
        }
    }

    @Test(arguments: [1012, 1013, 1014] as [UInt16])
    func `a client's 1012 to 1014 arrive as 1002`(code: UInt16) async throws {
        try await TestServer.run { server in
            let (peer, _) = try server.upgrade()
            try peer.send(RawFrame.close(code).masked)
            #expect(await server.probe.nextClosure()?.code == 1002)
        }
    }

    @Test
    func `a lost connection is reported without a code`() async throws {
        try await TestServer.run { server in
            do {
                let (peer, _) = try server.upgrade()
                _ = peer
            }
            #expect(await server.probe.nextClosure() == WebSocketClosure())
        }
    }

    @Test(arguments: Place.allCases)
    func `terminate cuts the connection, from every callback`(place: Place) async throws {
        var script = ServerProbe.Script()
        let end: @Sendable (WebSocket) -> Void = { socket in
            socket.terminate()
            socket.send(text: Array("never".utf8))
            socket.terminate()
        }
        switch place {
        case .opened: script.opened = end
        case .received: script.received = { _, socket in end(socket) }
        case .writable:
            script.opened = { $0.requestWritable() }
            script.writable = end
        case .sweep: break
        }
        script.closed = { socket in
            socket.terminate()
            socket.close(1000, "")
            socket.send(text: Array("never".utf8))
            socket.requestWritable()
        }
        try await TestServer.run(script: script) { server in
            let (peer, _) = try server.upgrade()
            let opened = try #require(await server.probe.nextOpened())
            if place == .received { try peer.send(RawFrame.text("x").masked) }
            if place == .sweep { server.loop.execute { end(opened.socket) } }
            #expect(try peer.receiveUntilEnd() == [])
            #expect(await server.probe.nextClosure() == WebSocketClosure())
            let (_, head) = try server.upgrade()
            #expect(head.hasPrefix("HTTP/1.1 101"))
        }
    }

    @Test
    func `a long reason is cut at a character's border`() async throws {
        let script = ServerProbe.Script(opened: { $0.close(4500, String(repeating: "é", count: 100)) })
        try await TestServer.run(script: script) { server in
            let (peer, _) = try server.upgrade()
            #expect(try peer.receiveFrame() == .close(4500, String(repeating: "é", count: 61)))
        }
    }

    @Test
    func `a client's long reason is cut too`() async throws {
        try await DialledLink.run(over: .plain) { link in
            link.probe.loop.execute { link.socket.close(4500, String(repeating: "é", count: 100)) }
            let frame = try link.peer.receiveFrame()
            #expect(frame?.closeCode == 4500)
            #expect(frame?.text == String(repeating: "é", count: 61))
        }
    }
}
