import Glibc
import Testing

@testable import WebSockets

/// WebSockets and requests through a proxy that the test plays itself.
@Suite(.timeLimit(.minutes(1)))
struct ProxyTests {
    /// A name that nobody can resolve: only the proxy hears of it.
    private static let host = "no-such-name.invalid"

    @Test(arguments: [AF_INET, AF_INET6])
    func `a WebSocket goes through a tunnel, and the proxy gets the target's name`(family: Int32) async throws {
        let listener = try RawListener(family: family)
        let name = family == AF_INET ? "127.0.0.1" : "[::1]"
        try await withProbe { probe in
            _ = await probe.dial(.behind("http://ada:s%40cret@\(name):\(listener.port)", host: Self.host))
            let peer = try listener.accept()
            let head = try peer.receiveHead()
            #expect(head.hasPrefix("CONNECT \(Self.host):8080 HTTP/1.1\r\n"))
            #expect(head.header("Host") == "\(Self.host):8080")
            #expect(head.header("Proxy-Authorization") == "Basic YWRhOnNAY3JldA==")
            // In parts, with a frame right behind the upgrade.
            for part in ["HTTP/1.", "1 200 Fine\r\nX: y\r\n", "\r", "\n"] {
                try peer.send(part)
                // The loop has taken it when it comes to this.
                await probe.settle()
            }
            let upgrade = try peer.acceptUpgrade(followedBy: RawFrame.text("hello").encoded)
            #expect(upgrade.header("Host") == "\(Self.host):8080")
            #expect(upgrade.header("Proxy-Authorization") == "")
            let dialled = try #require(await probe.nextDialled())
            #expect(await probe.nextMessage()?.bytes == Array("hello".utf8))
            let payload = (0..<300_000).map { UInt8($0 % 251) }
            probe.loop.execute { dialled.socket.send(text: payload) }
            #expect(try peer.receiveFrame()?.payload == payload)
            try peer.send(RawFrame.close(4403, "Forbidden").encoded)
            #expect(try peer.receiveFrame()?.closeCode == 4403)
            peer.finishSending()
            #expect(await probe.nextClosure() == WebSocketClosure(code: 4403, reason: "Forbidden"))
        }
    }

    @Test func `an address of IPv6 is bracketed for the proxy, and no user is told without one`() async throws {
        let listener = try RawListener()
        try await withProbe { probe in
            _ = await probe.dial(.behind("127.0.0.1:\(listener.port)", host: "2001:db8::1"))
            let head = try listener.accept().receiveHead()
            #expect(head.hasPrefix("CONNECT [2001:db8::1]:8080 HTTP/1.1\r\n"))
            #expect(head.header("Proxy-Authorization") == "")
        }
    }

    private static let refusals: [(answer: String, user: String, status: Int?, words: String)] = [
        ("HTTP/1.1 407 Who\r\nProxy-Authenticate: Basic\r\n\r\n", "", 407, "wants a user and password"),
        ("HTTP/1.1 407 Who\r\n\r\n", "ada:secret@", 407, "refuses the user and password"),
        ("HTTP/1.0 403 No\r\nContent-Length: 2\r\n\r\nno", "ada:secret@", 403, "opens no tunnel to \(host):8080"),
        ("HTTP/1.1 502 Bad Gateway\r\n\r\n", "", 502, "opens no tunnel to \(host):8080"),
        ("HTTP/1.1 407 Who\r\nContent-Length: 1000000\r\n\r\nno", "ada:secret@", 407, "refuses the user and password"),
        // Nobody sends one before a tunnel, and libcurl takes it for the whole answer.
        ("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 Fine\r\n\r\n", "", 100, "opens no tunnel to \(host):8080"),
        ("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1/\r\n\r\n", "", 302, "opens no tunnel to \(host):8080"),
        ("SSH-2.0-OpenSSH_9.2\r\n\r\n", "ada:secret@", nil, "something that is no HTTP"),
        ("HTTP/1.1 2000 Fine\r\n\r\n", "", nil, "something that is no HTTP"),
        ("HTTP/1.1 200 Fine\r\n", "", nil, "ends the connection before it answers CONNECT"),
        ("", "ada:secret@", nil, "ends the connection before it answers CONNECT"),
        (
            "HTTP/1.1 200 Fine\r\n" + String(repeating: "X: \(String(repeating: "x", count: 1000))\r\n", count: 40), "",
            nil, "headers over 16384 bytes"
        ),
        ("HTTP/1.1 200 Fine\r\nX: " + String(repeating: "x", count: 40_000), "", nil, "or doesn't end a line"),
        (String(repeating: "\u{1}", count: 40_000), "", nil, "or doesn't end a line"),
    ]

    @Test(arguments: 0..<14)
    func `a proxy that opens no tunnel is an error that names it, without its password`(row: Int) async throws {
        let (answer, user, status, words) = Self.refusals[row]
        let listener = try RawListener()
        try await withProbe { probe in
            let resting = await probe.handleCount
            _ = await probe.dial(.behind("http://\(user)127.0.0.1:\(listener.port)", host: Self.host))
            let peer = try listener.accept()
            _ = try peer.receiveHead()
            // What is judged before its end needs no end of the connection.
            try? peer.send(answer)
            if status == nil { peer.finishSending() }
            let failure = try #require(await probe.nextFailure())
            guard case .dialFailed(_, status: status, _) = failure else {
                Issue.record("\(failure)")
                return
            }
            #expect(failure.description.contains("the proxy http://127.0.0.1:\(listener.port) "))
            #expect(failure.description.contains(words))
            #expect(!failure.description.contains("secret"))
            #expect(await probe.handleCount == resting)
        }
    }

    @Test func `a proxy that refuses, one that nobody knows, and one over TLS are errors that name it`()
        async throws
    {
        let closed = try RawListener(listens: false)
        try await withProbe { probe in
            for (proxy, words) in [
                (
                    "127.0.0.1:\(closed.port)",
                    "can't connect to the proxy http://127.0.0.1:\(closed.port): Connection refused"
                ),
                ("ada:secret@no-such-proxy.invalid:1", "can't resolve the proxy http://no-such-proxy.invalid:1: "),
                ("socks5://ada:secret@127.0.0.1:\(closed.port)", "can't connect to the proxy socks5://127.0.0.1:"),
                (
                    "https://ada:secret@127.0.0.1:1",
                    "the variable http_proxy names a proxy of https://, and such proxies aren't served: "
                ),
                ("gopher://ada:secret@127.0.0.1:1", "the variable http_proxy names no proxy: "),
            ] {
                _ = await probe.dial(.behind(proxy, host: Self.host))
                let failure = try #require(await probe.nextFailure())
                #expect(failure.description.hasPrefix(words))
                #expect(!failure.description.contains("secret"))
            }
        }
    }

    @Test func `a target that refuses the upgrade behind the proxy is named with it`() async throws {
        let listener = try RawListener()
        try await withProbe { probe in
            _ = await probe.dial(.behind("127.0.0.1:\(listener.port)", host: Self.host))
            let peer = try listener.accept()
            try peer.openTunnel()
            _ = try peer.receiveHead()
            try peer.send("HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n")
            let failure = try #require(await probe.nextFailure())
            let place = "\(Self.host):8080 behind the proxy http://127.0.0.1:\(listener.port)"
            #expect(failure.description.hasPrefix(place))
            #expect(failure.description.contains(" answers 403: "))
        }
    }

    @Test(arguments: 0...2)
    func `a dial that is abandoned at the proxy is cut, and says what it waited for`(stage: Int) async throws {
        let listener = try RawListener()
        try await withProbe { probe in
            let client = await probe.dial(.behind("127.0.0.1:\(listener.port)", host: Self.host))
            var peer: RawPeer?
            if stage > 0 {
                peer = try listener.accept()
                _ = try peer?.receiveHead()
                // The tunnel is asked for before the request is read.
                #expect(
                    await probe.progress(of: client)
                        == "waiting for the proxy http://127.0.0.1:\(listener.port) to answer CONNECT"
                )
            }
            if stage > 1 {
                try peer?.send("HTTP/1.1 200 Fine\r\n\r\n")
                _ = try peer?.receiveHead()
            }
            await probe.abandon(client)
            #expect(await probe.progress(of: client) == nil)
            if let peer { #expect(try peer.receiveUntilEnd() == []) }
            let second = try RawListener()
            _ = await probe.dial(.loopback(second.port))
            try second.accept().acceptUpgrade()
            #expect(await probe.nextDialled() != nil)
        }
    }

    @Test(arguments: 0...1)
    func `a loop that stops ends a dial at the proxy`(stage: Int) async throws {
        let listener = try RawListener()
        let loop = try EventLoop(name: "dial")
        let probe = ClientProbe(on: loop)
        _ = await probe.dial(.behind("127.0.0.1:\(listener.port)", host: Self.host))
        let peer = stage == 0 ? nil : try listener.accept()
        _ = try peer?.receiveHead()
        await loop.stop()
        #expect(await probe.nextFailure() == .loopUnavailable("the event loop has stopped"))
        if let peer { #expect(try peer.receiveUntilEnd() == []) }
    }

    /// A process of its own, in which nobody else opens any.
    @Test func `dials that come to nothing at the proxy, or are abandoned there, leave no descriptor`() async {
        await #expect(processExitsWith: .success) {
            let listener = try RawListener()
            try await withProbe { probe in
                var left: [Int] = []
                for number in 0..<6 {
                    let client = await probe.dial(.behind("127.0.0.1:\(listener.port)", host: Self.host))
                    let peer = try listener.accept()
                    _ = try peer.receiveHead()
                    if number < 3 {
                        try peer.send("HTTP/1.1 403 No\r\n\r\n")
                        #expect(await probe.nextFailure() != nil)
                    } else {
                        await probe.abandon(client)
                    }
                    #expect(try peer.receiveUntilEnd() == [])
                    left.append(try #require(Descriptor.openCount))
                }
                #expect(Set(left).count == 1, "\(left)")
            }
        }
    }

    // Requests.

    @Test func `a request doesn't go through a proxy over TLS`() async throws {
        try await HTTPCaller.run { caller in
            let answer = caller.send(.behind("https://ada:secret@127.0.0.1:1", "https://\(Self.host)/graphql"))
            let error = try #require(await #expect(throws: HTTPClientError.self) { try await answer.value.get() })
            #expect(error.kind == .invalidRequest)
            #expect(error.reason.contains("the variable https_proxy names a proxy of https://"))
            #expect(!error.reason.contains("secret"))
        }
    }

    @Test func `a request over http goes to the proxy as it is`() async throws {
        let listener = try RawListener()
        try await HTTPCaller.run { caller in
            let answer = caller.send(.behind("ada:secret@127.0.0.1:\(listener.port)", "http://\(Self.host)/graphql"))
            let peer = try listener.accept()
            let head = try peer.receiveHead()
            #expect(head.hasPrefix("POST http://\(Self.host)/graphql HTTP/1.1\r\n"))
            #expect(head.header("Proxy-Authorization") == "Basic YWRhOnNlY3JldA==")
            _ = try peer.receive(exactly: 2)
            try peer.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
            #expect(try await answer.value.get().body == Array("ok".utf8))
            let again = caller.send(.behind("127.0.0.1:\(listener.port)", "http://\(Self.host)/graphql"))
            let second = try listener.accept()
            _ = try second.receiveHead()
            try second.send("HTTP/1.1 407 Who\r\nContent-Length: 0\r\n\r\n")
            let error = await #expect(throws: HTTPClientError.self) { try await again.value.get() }
            let reason = "the proxy http://127.0.0.1:\(listener.port) wants a user and password (HTTP status 407)"
            #expect(error == HTTPClientError(kind: .failed, reason: reason, wasSent: false))
        }
    }

    private static let failures: [(answer: String?, words: String)] = [
        ("HTTP/1.1 407 Who\r\nContent-Length: 0\r\n\r\n", "refuses the user and password (HTTP status 407)"),
        ("HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n", "opens no tunnel (HTTP status 403)"),
        ("HTTP/1.1 200 Fine\r\n\r\n", ", through the proxy "), ("", ", through the proxy "),
        (nil, ", through the proxy "),
    ]

    @Test(arguments: 0..<5)
    func `a proxy that fails a request over https is named, and nothing was sent`(row: Int) async throws {
        let (answer, words) = Self.failures[row]
        let listener = try RawListener()
        try await HTTPCaller.run { caller in
            var request = HTTPClientRequest.behind("ada:secret@127.0.0.1:\(listener.port)", "https://\(Self.host)/")
            if answer == nil { request.timeout = .milliseconds(300) }
            request.isRepeatable = false
            let outcome = caller.send(request)
            let peer = try listener.accept()
            let head = try peer.receiveHead()
            #expect(head.hasPrefix("CONNECT \(Self.host):443 HTTP/1.1\r\n"))
            #expect(head.header("Proxy-Authorization") == "Basic YWRhOnNlY3JldA==")
            if let answer {
                try peer.send(answer)
                peer.finishSending()
            }
            let error = try #require(await #expect(throws: HTTPClientError.self) { try await outcome.value.get() })
            #expect(error.kind == (answer == nil ? .timedOut : .failed))
            #expect(!error.wasSent)
            #expect(error.reason.contains("the proxy http://127.0.0.1:\(listener.port)"))
            #expect(error.reason.contains(words))
            #expect(!error.reason.contains("secret"))
        }
    }

    @Test func `a host that no_proxy names is called directly`() async throws {
        let listener = try RawListener()
        let environment = ProxyEnvironment { ["all_proxy": "127.0.0.1:1", "no_proxy": "127.0.0.0/8"][$0] }
        try await withProbe { probe in
            var target = WebSocketClient.Target.loopback(listener.port)
            target.proxies = environment
            _ = await probe.dial(target)
            try listener.accept().acceptUpgrade()
            #expect(await probe.nextDialled() != nil)
        }
        try await HTTPCaller.run { caller in
            var request = HTTPClientRequest(
                url: "http://127.0.0.1:\(listener.port)/",
                headers: [],
                body: Array("{}".utf8)
            )
            request.proxies = environment
            let answer = caller.send(request)
            let peer = try listener.accept()
            #expect(try peer.receiveHead().hasPrefix("POST / HTTP/1.1\r\n"))
            try peer.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            #expect(try await answer.value.get().status == 200)
        }
    }
}

/// Runs a test with a client on a loop of its own.
func withProbe(_ body: (ClientProbe) async throws -> Void) async throws {
    let loop = try EventLoop(name: "dial")
    do {
        try await body(ClientProbe(on: loop))
    } catch {
        await loop.stop()
        throw error
    }
    await loop.stop()
}

extension ClientProbe {
    fileprivate var handleCount: Int { loop.handleCount }

    /// Returns after a turn of the loop.
    fileprivate func settle() {}
}

extension WebSocketClient.Target {
    /// A target at port 8080 behind a proxy.
    static func behind(_ proxy: String, host: String, isSecure: Bool = false) -> WebSocketClient.Target {
        var target = WebSocketClient.Target(isSecure: isSecure, host: host, port: 8080, path: "/", subprotocols: [])
        target.proxies = ProxyEnvironment { ["http_proxy": proxy, "https_proxy": proxy][$0] }
        return target
    }
}

extension HTTPClientRequest {
    static func behind(_ proxy: String, _ url: String) -> HTTPClientRequest {
        var request = HTTPClientRequest(url: url, headers: [], body: Array("{}".utf8))
        request.proxies = ProxyEnvironment { ["http_proxy": proxy, "https_proxy": proxy][$0] }
        return request
    }
}

extension RawPeer {
    /// Reads a CONNECT and agrees to it.
    func openTunnel() throws {
        _ = try receiveHead()
        try send("HTTP/1.1 200 Fine\r\n\r\n")
    }
}
