import Testing

@testable import WebSockets

/// The limits of heads that arrive: their time, their number, their bytes, and connections beside them.
extension FirstHeadTests {
    @Test func `a client gets so much time for its head, however it is busy`() async throws {
        try await Self.run(adjust: { $0.headerTimeout = .seconds(1) }) { server in
            let (silent, slow) = (try server.connect(), try server.connect())
            try slow.send("HEAD / HTTP/1.1\r\nHost: ")
            #expect(try silent.receiveUntilEnd().isEmpty)
            let answer = String(decoding: try slow.receiveUntilEnd(), as: UTF8.self)
            #expect(answer.hasPrefix("HTTP/1.1 408"))
            #expect(answer.hasSuffix("\r\n\r\n"))
            #expect(server.refusals == [.headTimeout: 1])
            #expect(server.server.connections == 0)
        }
    }

    @Test func `heads that never come keep nobody out`() async throws {
        var limits = HeadDesk.Limits()
        limits.waiting = 20
        limits.grace = .milliseconds(50)
        try await Self.run(heads: limits) { server in
            let silent = try (0..<100).map { _ in try server.connect() }
            for peer in silent { try peer.send("GET") }
            #expect(server.isAlive())
            #expect(try silent[0].receiveHead().hasPrefix("HTTP/1.1 503"))
            #expect(try server.upgrade().head.hasPrefix("HTTP/1.1 101"))
            #expect(server.listener.refused(.headCrowd) >= 80)
        }
    }

    @Test func `at the limit of connections those go that have said nothing`() async throws {
        var limits = HeadDesk.Limits()
        limits.grace = .zero
        try await Self.run(heads: limits, maximumConnections: 3) { server in
            let (first, _) = try server.upgrade()
            let silent = (try server.connect(), try server.connect())
            while server.listener.accepted < 3 { await Task.yield() }
            let (second, head) = try server.upgrade()
            #expect(head.hasPrefix("HTTP/1.1 101"))
            #expect(try silent.0.receiveHead().hasPrefix("HTTP/1.1 503"))
            try first.send(RawFrame(opcode: 9).masked)
            #expect(try first.receiveFrame() == RawFrame(opcode: 10))
            withExtendedLifetime((second, silent)) {}
        }
    }

    @Test(arguments: [(1, 1, 1000), (1000, 2, 2), (1000, 1, 1)])
    func `nobody goes for one whose address has enough`(
        waiting: Int,
        perAddress: Int,
        connections: Int
    ) async throws {
        var limits = HeadDesk.Limits()
        (limits.waiting, limits.grace) = (waiting, .zero)
        try await TestServer.run(maximumConnections: connections, maximumPerAddress: perAddress, heads: limits) {
            server in
            let others = try (1..<perAddress).map { _ in try server.upgrade().peer }
            let slow = try server.connect()
            try slow.send("GET / HTTP/1.1\r\n")
            while server.listener.accepted < perAddress { await Task.yield() }
            for _ in 0..<3 { #expect(try server.connect().receiveHead().hasPrefix("HTTP/1.1 429 ")) }
            try slow.send(TestServer.handshake().dropFirst("GET / HTTP/1.1\r\n".count).description)
            #expect(try slow.receiveHead().hasPrefix("HTTP/1.1 101"))
            #expect(server.refusals == [.address: 3])
            withExtendedLifetime(others) {}
        }
    }

    @Test func `incomplete heads take so many bytes in all, and the largest goes`() async throws {
        var limits = HeadDesk.Limits()
        limits.bytes = 10_000
        try await Self.run(heads: limits) { server in
            let (small, large) = (try server.connect(), try server.connect())
            let begin = "GET / HTTP/1.1\r\nHost: a\r\nCookie: "
            try small.send(begin + String(repeating: "c", count: 2000))
            try large.send(begin + String(repeating: "c", count: 8000))
            #expect(try large.receiveHead().hasPrefix("HTTP/1.1 503"))
            try small.send("\r\n\r\n")
            #expect(try small.receiveHead().hasPrefix("HTTP/1.1 200"))
        }
    }

    @Test func `a listener that stops waits for no head`() async throws {
        try await Self.run { server in
            let (silent, slow) = (try server.connect(), try server.connect())
            try slow.send("GET / HTTP/1.1\r\n")
            while server.listener.accepted < 2 { await Task.yield() }
            server.listener.stop()
            #expect(try silent.receiveUntilEnd().isEmpty)
            let answer = String(decoding: try slow.receiveUntilEnd(), as: UTF8.self)
            // What was not yet read when the listener stopped is a silent client's.
            #expect(answer.isEmpty || answer.hasPrefix("HTTP/1.1 503"), "\(answer)")
        }
    }

    @Test func `an address has no more connections because their heads are on their way`() async throws {
        try await TestServer.run(maximumPerAddress: 2) { server in
            for _ in 0..<3 {
                let waiting = [try server.connect(), try server.connect()]
                while server.listener.accepted % 3 < 2 { await Task.yield() }
                #expect(try server.connect().receiveHead().hasPrefix("HTTP/1.1 429"))
                for peer in waiting {
                    peer.finishSending()
                    #expect(try peer.receiveUntilEnd().isEmpty)
                }
            }
            #expect(server.isAlive())
        }
    }
}
