import Glibc
import OpenSSLCommand
import Testing
import WebSockets

/// Why a dial failed, in words that say what to do.
@Suite(.serialized, .timeLimit(.minutes(1)))
struct DialFailureTests {
    /// What comes of a dial to a server that a test plays.
    private func failure(
        of target: WebSocketClient.Target,
        _ serve: @Sendable @escaping () throws -> Void = {}
    ) async throws -> WebSocketError {
        let loop = try EventLoop(name: "dial")
        let probe = ClientProbe(on: loop)
        _ = await probe.dial(target)
        let server = Task.detached { try serve() }
        let failure = await probe.nextFailure()
        try await server.value
        await loop.stop()
        guard let failure else { throw RawPeer.Failure(description: "no failure") }
        return failure
    }

    /// The same, with a server that sends something and ends, once it was sent something.
    private func failure(to answer: String, isSecure: Bool = false) async throws -> WebSocketError {
        let listener = try RawListener()
        var target = WebSocketClient.Target.loopback(listener.port)
        target.isSecure = isSecure
        return try await failure(of: target) {
            let peer = try listener.accept()
            _ = try peer.receive()
            try peer.send(answer)
            peer.finishSending()
        }
    }

    @Test(arguments: [
        (401, "other credentials"), (403, "other credentials"), (404, "is the path right?"), (503, "isn't ready"),
        (429, "too many requests"), (200, "does it serve WebSockets at this path?"), (302, "redirects aren't followed"),
    ])
    func `an HTTP answer is named by its status, once`(status: Int, hint: String) async throws {
        let head = "HTTP/1.1 \(status) \u{1B}[31mForged\r\nRetry-After: 120\r\nContent-Length: 0\r\n\r\n"
        let failure = try await failure(to: head)
        let text = failure.description
        #expect(text.hasPrefix("127.0.0.1 "))
        #expect(text.contains(hint))
        #expect(text.components(of: "\(status)") == 2)
        #expect(!text.contains("Forged"))
        guard case .dialFailed(_, status: status, retryAfter: "120") = failure else {
            Issue.record("no status or no Retry-After: \(failure)")
            return
        }
    }

    @Test(arguments: ["7", "Sun, 06 Nov 1994 08:49:37 GMT"])
    func `Retry-After is passed on as it came`(value: String) async throws {
        let failure = try await failure(to: "HTTP/1.1 503 Busy\r\nRetry-After: \(value)\r\nContent-Length: 0\r\n\r\n")
        guard case .dialFailed(_, status: 503, retryAfter: value) = failure else {
            Issue.record("no Retry-After: \(failure)")
            return
        }
    }

    @Test(arguments: ["220 mail.example ESMTP ready\r\n", "SSH-2.0-OpenSSH_9.2\r\n", "\u{15}\u{3}\u{1}\0\u{2}\u{2}F"])
    func `what is no HTTP may be a TLS port`(answer: String) async throws {
        let text = try await failure(to: answer).description
        #expect(text == "127.0.0.1 speaks no HTTP: a TLS port? Then use wss://")
    }

    @Test
    func `a server that ends without a word may be a TLS port`() async throws {
        #expect(
            try await failure(to: "").description.hasSuffix(
                "before it answers the upgrade: a TLS port? Then use wss://"
            )
        )
    }

    @Test(arguments: [
        "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n", "220 mail.example ESMTP ready\r\n", "",
    ])
    func `a server without TLS is named as one`(answer: String) async throws {
        let text = try await failure(to: answer, isSecure: true).description
        #expect(text.contains("no TLS here"))
        #expect(text.contains("use ws://"))
    }

    @Test(arguments: [false, true])
    func `a refused connection is named as one`(isSecure: Bool) async throws {
        var target = WebSocketClient.Target.loopback(try RawListener().port)
        target.isSecure = isSecure
        let text = try await failure(of: target).description
        #expect(text.contains("127.0.0.1") && text.contains("refuses the connection"))
    }

    @Test(.enabled(if: OpenSSL.isInstalled, "needs the openssl command"))
    func `a TLS port that is dialled without TLS is named as one`() async throws {
        let server = try OpenSSLServer()
        let text = try await failure(of: .loopback(server.port)).description
        #expect(text.hasSuffix("a TLS port? Then use wss://"))
    }

    enum Flaw: CaseIterable {
        case authority, name, expired

        var words: String {
            switch self {
            case .authority: "certificate's authority is unknown; give its authority's file"
            case .name: "certificate is for another name than 127.0.0.1"
            case .expired: "certificate expired"
            }
        }
    }

    @Test(.enabled(if: OpenSSL.isInstalled, "needs the openssl command"), arguments: Flaw.allCases)
    func `what is wrong with a certificate is named`(flaw: Flaw) async throws {
        let server = try OpenSSLServer(isExpired: flaw == .expired)
        var target = WebSocketClient.Target.loopback(server.port, host: flaw == .name ? "127.0.0.1" : "localhost")
        target.isSecure = true
        if flaw != .authority { target.authorityFile = server.certificate }
        #expect(try await failure(of: target).description.contains(flaw.words))
    }
}

extension String {
    /// How many parts it has around a separator.
    fileprivate func components(of separator: String) -> Int {
        split(separator: separator, omittingEmptySubsequences: false).count
    }
}
