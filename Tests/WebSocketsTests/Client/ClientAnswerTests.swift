import OpenSSLCommand
import TestSupport
import Testing
import Wire

@testable import WebSockets

/// What a server answers to the upgrade, over each carrier.
@Suite(.serialized, .timeLimit(.minutes(1)), .enabled(if: OpenSSL.isInstalled, "needs the openssl command"))
struct ClientAnswerTests {
    /// Dials a server that the test plays; `headers` are sent along.
    private func withDial(
        over carrier: Carrier,
        headers: [HTTPField] = [],
        _ body: (RawPeer, ClientProbe) async throws -> Void
    ) async throws {
        let loop = try EventLoop(name: "dial")
        let probe = ClientProbe(on: loop)
        let server = carrier == .tls ? try OpenSSLServer() : nil
        let listener = carrier == .plain ? try RawListener() : nil
        var target = WebSocketClient.Target.loopback(
            server?.port ?? listener?.port ?? 0,
            host: "localhost",
            headers: headers
        )
        target.isSecure = carrier == .tls
        target.authorityFile = server?.certificate
        _ = await probe.dial(target)
        do {
            guard let peer = try server?.peer ?? listener?.accept() else { return }
            try await body(peer, probe)
        } catch {
            await loop.stop()
            throw error
        }
        await loop.stop()
    }

    private static func answer(to head: String, _ lines: String) -> String {
        "HTTP/1.1 101 Switching Protocols\r\n\(lines)Upgrade: websocket\r\n\(lines)Connection: Upgrade\r\n\(lines)"
            + "Sec-WebSocket-Accept: \(AcceptKey.value(for: head.header("Sec-WebSocket-Key")))\r\n\(lines)\r\n"
    }

    /// Over TLS only some of them, since each needs a server of its own.
    static let names =
        ["X-Auth", "X-A", "Auth", "Conn", "Accept-Lang", "S", "Up", "Putter", "Sec-W"].map { (Carrier.plain, $0) }
        + [(.tls, "X-Auth"), (.tls, "Up")]

    @Test(arguments: names)
    func `a header that libwebsockets would misread breaks no handshake, in either direction`(
        carrier: Carrier,
        name: String
    ) async throws {
        let headers = [HTTPField(name: name, value: "ours"), HTTPField(name: "X-Last", value: "too")]
        try await withDial(over: carrier, headers: headers) { peer, probe in
            let head = try peer.receiveHead()
            #expect(head.header(name) == "ours")
            #expect(head.header("X-Last") == "too")
            try peer.send(Self.answer(to: head, "\(name): theirs\r\n"))
            #expect(await probe.nextDialled() != nil)
            try peer.send(RawFrame.text("hello").encoded)
            #expect(await probe.nextMessage()?.bytes == Array("hello".utf8))
        }
    }

    @Test(arguments: Carrier.allCases)
    func `a refusal with such a header is told with its status and Retry-After`(carrier: Carrier) async throws {
        try await withDial(over: carrier) { peer, probe in
            _ = try peer.receiveHead()
            try peer.send("HTTP/1.1 503 Busy\r\nX-R: a\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n")
            guard case .dialFailed(_, status: 503, retryAfter: "7") = await probe.nextFailure() else {
                Issue.record("no status, or no Retry-After")
                return
            }
        }
    }

    @Test(arguments: Carrier.allCases)
    func `an answer that comes byte by byte, behind an interim one, is whole`(carrier: Carrier) async throws {
        try await withDial(over: carrier) { peer, probe in
            let head = try peer.receiveHead()
            let answer = "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + Self.answer(to: head, "X-Auth: a\r\n")
            for byte in answer.utf8 { try peer.send([byte]) }
            #expect(await probe.nextDialled() != nil)
        }
    }

    @Test(arguments: Carrier.allCases)
    func `an answer without an end is refused, and one that ends is named`(carrier: Carrier) async throws {
        try await withDial(over: carrier) { peer, probe in
            _ = try peer.receiveHead()
            let line = "X-A: \(String(repeating: "x", count: 1000))\r\n"
            // It may be gone before all of it is sent.
            try? peer.send("HTTP/1.1 101 x\r\n" + String(repeating: line, count: 70))
            #expect(await probe.nextFailure()?.description.hasSuffix("with headers over 65536 bytes") == true)
        }
        try await withDial(over: .plain) { peer, probe in
            _ = try peer.receiveHead()
            try peer.send("HTTP/1.1 101 x\r\nUpgrade: websocket\r\n")
            peer.finishSending()
            let words = "ends the connection within its answer to the upgrade"
            #expect(await probe.nextFailure()?.description.hasSuffix(words) == true)
        }
    }

    @Test func `a server that hangs up on a header of ours is asked about that header`() async throws {
        try await withDial(over: .plain, headers: [HTTPField(name: "X-Auth", value: "a")]) { peer, probe in
            _ = try peer.receiveHead()
            peer.finishSending()
            #expect(await probe.nextFailure()?.description.contains("misreads the header X-Auth") == true)
        }
    }
}
