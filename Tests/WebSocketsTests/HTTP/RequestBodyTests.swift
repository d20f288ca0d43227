import Synchronization
import Testing

@testable import WebSockets

/// Requests with a body: taken whole, within bounds, once.
@Suite(.timeLimit(.minutes(1)))
struct RequestBodyTests {
    private static func post(_ body: String, length: String? = nil, headers: String = "") -> String {
        let length = length ?? "\(body.utf8.count)"
        return "POST /p HTTP/1.1\r\nHost: x\r\nContent-Length: \(length)\r\n\(headers)\r\n\(body)"
    }

    /// Answers with what it got; `limit` is that of a body.
    private func serve(
        limit: Int = 1000,
        bodyTimeout: Duration = .seconds(20),
        answers: Bool = true,
        _ body: (TestServer) async throws -> Void
    ) async throws {
        let script = ServerProbe.Script(requested: { exchange in
            let request = exchange.request
            if answers { exchange.respond(HTTPResponse(body: Array(request.method.rawValue.utf8) + request.body)) }
        })
        try await TestServer.run(
            script: script,
            adjust: {
                $0.methods = HTTPRequest.Method.allCases
                $0.limits.messageSize = limit
                $0.bodyTimeout = bodyTimeout
            },
            body
        )
    }

    private func answer(_ peer: RawPeer) throws -> String {
        let head = try peer.receiveHead()
        let count = try #require(Int(head.header("Content-Length")))
        return String(decoding: try peer.receive(exactly: count), as: UTF8.self)
    }

    @Test func `a body is taken whole, and the connection goes on`() async throws {
        try await serve(limit: 200_000) { server in
            let peer = try server.connect()
            let large = String(repeating: "0123456789", count: 20_000)
            for body in ["hello", "", large, "x"] {
                try peer.send(Self.post(body))
                #expect(try answer(peer) == "POST" + body)
                try peer.send("GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")
                #expect(try answer(peer) == "GET")
            }
        }
    }

    @Test func `a body may come in pieces`() async throws {
        try await serve { server in
            let peer = try server.connect()
            for piece in ["POST /p HTTP/1.1\r\nHost: x\r\nConte", "nt-Length: 6\r\n\r", "\nab", "cd"] {
                try peer.send(piece)
                #expect(server.isAlive())
            }
            try peer.send("ef")
            #expect(try answer(peer) == "POSTabcdef")
        }
    }

    @Test(arguments: [
        "GET / HTTP/1.1\r\nHost: x\r\n\r\n", post("first"),
        post("first") + "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    ])
    func `a body that comes together with a request before it is refused`(before: String) async throws {
        try await serve { server in
            for behind in [Self.post("second"), Self.post("second") + Self.post("third"), Self.post("", length: "900")]
            {
                let peer = try server.connect()
                try peer.send(before + behind)
                #expect(try ["GET", "POSTfirst"].contains(answer(peer)))
                let rest = String(decoding: try peer.receiveUntilEnd(), as: UTF8.self)
                #expect(rest.contains("HTTP/1.1 503 "))
                #expect(!rest.contains("POSTsecond"))
            }
            #expect(server.isAlive())
        }
    }

    @Test func `a request without a body may come together with one before it`() async throws {
        try await serve { server in
            let peer = try server.connect()
            try peer.send(Self.post("first") + "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(try answer(peer) == "POSTfirst")
            #expect(try answer(peer) == "GET")
            try peer.send(Self.post("second"))
            #expect(try answer(peer) == "POSTsecond")
        }
    }

    @Test func `100-continue is answered before the body comes`() async throws {
        try await serve { server in
            let peer = try server.connect()
            try peer.send(Self.post("", length: "3", headers: "Expect: 100-Continue\r\n"))
            #expect(try peer.receiveHead() == "HTTP/1.1 100 Continue\r\n\r\n")
            try peer.send("abc")
            #expect(try answer(peer) == "POSTabc")
            try peer.send(Self.post("", length: "1001", headers: "Expect: 100-continue\r\n"))
            #expect(try peer.receiveHead().hasPrefix("HTTP/1.1 413 "))
        }
    }

    @Test(arguments: [
        (post("hello", length: "-5"), 400), (post("hello", length: "+5"), 400), (post("hello", length: "5a"), 400),
        (post("hello", length: "5\r\nContent-Length: 5"), 400), (post("hello", length: "5, 5"), 400),
        (post("hello", length: "5\r\nTransfer-Encoding: chunked"), 400),
        (post("hello", length: "0x5"), 400), (post("hello", length: "99999999999999999999"), 413),
        (post(String(repeating: "x", count: 1001)), 413), (post(String(repeating: "x", count: 300_000)), 413),
        (post("hello", headers: "Expect: something\r\n"), 417),
        ("POST / HTTP/1.1\r\nHost: x\r\n\r\n", 411),
        ("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", 411),
        ("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\nhello", 501),
        ("GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello", 400),
        ("OPTIONS / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello", 400),
        ("PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", 405),
        ("DELETE / HTTP/1.1\r\nHost: x\r\n\r\n", 405),
    ])
    func `a body that can't be taken is refused, and its connection closed`(request: String, status: Int) async throws {
        try await serve { server in
            let (other, _) = try server.upgrade()
            let peer = try server.connect()
            try peer.send(request)
            let answer = String(decoding: try peer.receiveUntilEnd(), as: UTF8.self)
            #expect(answer.hasPrefix("HTTP/1.1 \(status) "), "\(answer)")
            #expect(answer.contains("\r\nConnection: close\r\n"))
            #expect(answer.components(of: "HTTP/1.1") == 1, "\(answer)")
            if status == 405 { #expect(answer.contains("\r\nAllow: GET, HEAD, OPTIONS, POST\r\n")) }
            try other.send(RawFrame(opcode: 9, payload: [1]).masked)
            #expect(try other.receiveFrame() == RawFrame(opcode: 10, payload: [1]))
        }
    }

    private static let bare = "POST /bare HTTP/1.1\r\nHost: x\r\n\r\n"

    @Test func `where no body is needed a POST may tell no length, and is the last one`() async throws {
        try await serve { server in
            let (first, later) = (try server.connect(), try server.connect())
            try first.send(Self.bare)
            try later.send(Self.post("before"))
            #expect(try answer(later) == "POSTbefore")
            try later.send(Self.bare)
            for peer in [first, later] {
                let answer = String(decoding: try peer.receiveUntilEnd(), as: UTF8.self)
                #expect(answer.hasPrefix("HTTP/1.1 200 ") && answer.hasSuffix("\r\n\r\nPOST"), "\(answer)")
                #expect(answer.contains("\r\nConnection: close\r\n"))
            }
            // What comes behind it is neither its body nor a request.
            for behind in ["body", Self.post("behind"), Self.bare] {
                let peer = try server.connect()
                try peer.send(Self.bare + behind)
                let answer = String(decoding: (try? peer.receiveUntilEnd()) ?? [], as: UTF8.self)
                #expect(answer.components(of: "HTTP/1.1") <= 1 && !answer.contains("POSTb"), "\(answer)")
            }
            let chunked = try server.connect()
            try chunked.send("POST /bare HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")
            #expect(try chunked.receiveHead().hasPrefix("HTTP/1.1 411 "))
            let kept = try server.connect()
            try kept.send("POST /bare HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx")
            #expect(try answer(kept) == "POSTx")
            #expect(server.isAlive())
        }
    }

    @Test func `its answer may come later`() async throws {
        try await serve(answers: false) { server in
            let peer = try server.connect()
            try peer.send(Self.bare)
            let exchange = try #require(await server.probe.nextExchange())
            #expect(exchange.request.body.isEmpty)
            #expect(server.isAlive())
            server.loop.execute { exchange.respond(.text("late")) }
            #expect(String(decoding: try peer.receiveUntilEnd(), as: UTF8.self).hasSuffix("\r\n\r\nlate\n"))
        }
    }

    @Test func `a body that never comes is waited for no longer than its timeout`() async throws {
        try await serve(bodyTimeout: .seconds(1)) { server in
            let peer = try server.connect()
            try peer.send(Self.post("", length: "10"))
            #expect(try peer.receiveUntilEnd().isEmpty)
            #expect(server.probe.refusedBodies.withLock { $0 } == [.timeout])
        }
    }

    @Test(arguments: [
        ("Content-Length: 1001", 413, BodyRefusal.size), ("Transfer-Encoding: chunked", 411, .framing),
        ("Content-Length: 2\r\nExpect: a-pony", 417, .framing),
    ])
    func `a body that isn't taken is told by reason`(field: String, status: Int, reason: BodyRefusal) async throws {
        try await serve { server in
            let peer = try server.connect()
            try peer.send("POST /p HTTP/1.1\r\nHost: x\r\n\(field)\r\n\r\n")
            #expect(try peer.receiveHead().hasPrefix("HTTP/1.1 \(status) "))
            #expect(server.probe.refusedBodies.withLock { $0 } == [reason])
        }
    }

    @Test func `a body's pieces don't give it more time, and its time is not the answer's`() async throws {
        try await serve(bodyTimeout: .seconds(1), answers: false) { server in
            let (slow, whole) = (try server.connect(), try server.connect())
            try slow.send(Self.post("", length: "10"))
            for piece in ["a", "b"] {
                #expect(server.isAlive())
                try slow.send(piece)
            }
            try whole.send(Self.post("whole"))
            let exchange = try #require(await server.probe.nextExchange())
            #expect(try slow.receiveUntilEnd().isEmpty)
            server.loop.execute { exchange.respond(.text("late")) }
            #expect(try answer(whole) == "late\n")
        }
    }

    @Test func `a piece that comes too much or too late is not taken`() {
        let piece: [UInt8] = [1, 2]
        unsafe piece.withUnsafeBufferPointer { piece in
            let request = HTTPRequest(method: .post, path: "/")
            let body = ArrivingBody(.request(request), limit: 3, timeout: .seconds(60))
            #expect(unsafe body.take(piece))
            #expect(body.bytes == [1, 2])
            #expect(unsafe !body.take(piece))
            #expect(unsafe !ArrivingBody(.request(request), limit: 3, timeout: .zero - .seconds(1)).take(piece))
        }
    }

    @Test func `what comes while an answer is awaited is never taken for the same request`() async throws {
        try await serve(answers: false) { server in
            let peer = try server.connect()
            try peer.send(Self.post("once"))
            let exchange = try #require(await server.probe.nextExchange())
            #expect(exchange.request.body == Array("once".utf8))
            try peer.send(Self.post("more"))
            let witness = try server.connect()
            try witness.send(Self.post("witness"))
            #expect(await server.probe.nextExchange()?.request.body == Array("witness".utf8))
            server.loop.execute { exchange.respond(.text("done")) }
            #expect(try answer(peer) == "done\n")
            #expect(await server.probe.nextExchange()?.request.body == Array("more".utf8))
        }
    }

    @Test func `an answer later than the body's callback keeps the connection`() async throws {
        try await serve(answers: false) { server in
            let peer = try server.connect()
            for index in 0..<3 {
                try peer.send(Self.post("\(index)"))
                let exchange = try #require(await server.probe.nextExchange())
                #expect(exchange.request.body == Array("\(index)".utf8))
                server.loop.execute { exchange.respond(.text("late")) }
                #expect(try answer(peer) == "late\n")
            }
        }
    }

    @Test func `the headers that decide reach the delegate`() async throws {
        try await serve(answers: false) { server in
            let peer = try server.connect()
            let headers = "Origin: https://a.example\r\nAccept: text/html, */*;q=0.1\r\nContent-Type: text/plain\r\n"
            try peer.send(Self.post("x", headers: headers + "LAST-Event-ID: e:7\r\n"))
            let request = try #require(await server.probe.nextExchange()).request
            #expect(request.host == "x")
            #expect(request.origin == "https://a.example")
            #expect(request.accept == "text/html, */*;q=0.1")
            #expect(request.contentType == "text/plain")
            #expect(request.lastEventID == "e:7")
        }
    }
}

extension String {
    /// How often a text occurs.
    fileprivate func components(of text: String) -> Int { ranges(of: text).count }
}
