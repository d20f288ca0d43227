import Glibc
import Testing

@testable import WebSockets

/// WebSockets and requests through a SOCKS proxy that the test plays itself (RFC 1928, RFC 1929, and SOCKS 4).
@Suite(.timeLimit(.minutes(1)))
struct SocksTests {
    /// A name that nobody can resolve: only the proxy hears of it.
    private static let host = "no-such-name.invalid"
    private static let granted: [UInt8] = [5, 0, 0, 1, 0, 0, 0, 0, 0, 0]

    /// What a client says, and what it is answered.
    private typealias Step = (heard: [UInt8], answer: [UInt8])

    private static func request(_ host: String) -> [UInt8] {
        [5, 1, 0, 3, UInt8(host.utf8.count)] + host.utf8 + [0x1F, 0x90]
    }

    private static func password(_ user: String, _ password: String) -> [UInt8] {
        [1, UInt8(user.utf8.count)] + user.utf8 + [UInt8(password.utf8.count)] + password.utf8
    }

    private static let tunnels: [(proxy: String, host: String, steps: [Step])] = [
        ("socks5h://", host, [([5, 1, 0], [5, 0]), (request(host), granted)]),
        (
            "socks5h://ada:s%40cret@", host,
            [
                ([5, 2, 0, 2], [5, 2]), (password("ada", "s@cret"), [1, 0]),
                (request(host), [5, 0, 0, 3, 4] + Array("here".utf8) + [0, 1]),
            ]
        ),
        // The name is resolved here.
        ("socks5://", "127.0.0.1", [([5, 1, 0], [5, 0]), ([5, 1, 0, 1, 127, 0, 0, 1, 0x1F, 0x90], granted)]),
        (
            "socks4a://ada@", host,
            [
                (
                    [4, 1, 0x1F, 0x90, 0, 0, 0, 1] + Array("ada\0\(host)\0".utf8), [0, 0x5A, 0, 0, 0, 0, 0, 0]
                )
            ]
        ),
        ("socks4://", "127.0.0.1", [([4, 1, 0x1F, 0x90, 127, 0, 0, 1, 0], [0, 0x5A, 0, 0, 0, 0, 0, 0])]),
    ]

    @Test(arguments: 0..<5)
    func `a WebSocket goes through each kind of SOCKS`(row: Int) async throws {
        let (proxy, host, steps) = Self.tunnels[row]
        let listener = try RawListener()
        try await withProbe { probe in
            _ = await probe.dial(.behind("\(proxy)127.0.0.1:\(listener.port)", host: host))
            let peer = try listener.accept()
            // No program that is started meanwhile keeps the connection.
            #expect(peer.otherEnd?.isInherited == false)
            try peer.play(steps)
            let upgrade = try peer.acceptUpgrade(followedBy: RawFrame.text("hello").encoded)
            #expect(upgrade.header("Host") == "\(host):8080")
            let dialled = try #require(await probe.nextDialled())
            #expect(peer.otherEnd?.isInherited == false)
            #expect(await probe.nextMessage()?.bytes == Array("hello".utf8))
            let payload = (0..<300_000).map { UInt8($0 % 251) }
            probe.loop.execute { dialled.socket.send(text: payload) }
            #expect(try peer.receiveFrame()?.payload == payload)
        }
    }

    private static let refusals: [(proxy: String, steps: [Step], words: String)] = [
        ("socks5h://", [([5, 1, 0], [5, 0xFF])], " wants a user and password"),
        ("socks5h://ada:secret@", [([5, 2, 0, 2], [5, 0xFF])], " refuses the user and password"),
        (
            "socks5h://ada:secret@", [([5, 2, 0, 2], [5, 2]), (password("ada", "secret"), [1, 1])],
            " refuses the user and password"
        ),
        // Kerberos, that isn't offered: libcurl would block for it.
        ("socks5h://ada:secret@", [([5, 2, 0, 2], [5, 1])], " opens no tunnel to \(host):8080"),
        (
            "socks5h://", [([5, 1, 0], [5, 0]), (request(host), [5, 5, 0, 1, 0, 0, 0, 0, 0, 0])],
            " opens no tunnel to \(host):8080: the connection is refused"
        ),
        (
            "socks5h://", [([5, 1, 0], [5, 0]), (request(host), [5, 4, 0, 1, 0, 0, 0, 0, 0, 0])],
            " opens no tunnel to \(host):8080: it can't be reached"
        ),
        (
            "socks5h://", [([5, 1, 0], [5, 0]), (request(host), [5, 2, 0, 1, 0, 0, 0, 0, 0, 0])],
            " opens no tunnel to \(host):8080: its rules forbid it"
        ),
        (
            "socks5h://", [([5, 1, 0], [5, 0]), (request(host), [5, 0])],
            " ends the connection before it opens a tunnel"
        ),
        ("socks5h://", [([5, 1, 0], [])], " ends the connection before it opens a tunnel"),
        ("socks5h://", [([5, 1, 0], Array("HTTP/1.1 400 Bad".utf8))], " answers with something that is no SOCKS"),
        (
            "socks4a://",
            [([4, 1, 0x1F, 0x90, 0, 0, 0, 1, 0] + Array("\(host)\0".utf8), [0, 0x5B, 0, 0, 0, 0, 0, 0])],
            " opens no tunnel to \(host):8080"
        ),
        ("socks5://", [([5, 1, 0], [5, 0])], "can't resolve \(host):8080, which socks4a:// and socks5h:// leave"),
    ]

    @Test(arguments: 0..<12)
    func `a SOCKS proxy that opens no tunnel is an error that names it, without its password`(row: Int) async throws {
        let (proxy, steps, words) = Self.refusals[row]
        let listener = try RawListener()
        try await withProbe { probe in
            _ = await probe.dial(.behind("\(proxy)127.0.0.1:\(listener.port)", host: Self.host))
            let peer = try listener.accept()
            try peer.play(steps)
            // A name that has to be resolved here is sought first.
            if proxy != "socks5://" { peer.finishSending() }
            let failure = try #require(await probe.nextFailure())
            let scheme = proxy.prefix { $0 != ":" }
            #expect(failure.description.contains("the proxy \(scheme)://127.0.0.1:\(listener.port)"))
            #expect(failure.description.contains(words))
            #expect(!failure.description.contains("secret"))
        }
    }

    @Test func `a SOCKS proxy that says nothing is waited for, until the dial is abandoned`() async throws {
        let listener = try RawListener()
        try await withProbe { probe in
            let client = await probe.dial(.behind("socks5h://127.0.0.1:\(listener.port)", host: Self.host))
            let peer = try listener.accept()
            #expect(try peer.receive(exactly: 3) == [5, 1, 0])
            let place = "the proxy socks5h://127.0.0.1:\(listener.port)"
            #expect(await probe.progress(of: client) == "waiting for \(place) to open a tunnel")
            await probe.abandon(client)
            #expect(try peer.receiveUntilEnd() == [])
        }
    }

    @Test func `requests go through SOCKS too, and its refusal is told`() async throws {
        let listener = try RawListener()
        try await HTTPCaller.run { caller in
            let url = "http://\(Self.host):8080/graphql"
            let answer = caller.send(.behind("socks5h://127.0.0.1:\(listener.port)", url))
            let peer = try listener.accept()
            try peer.play(Self.tunnels[0].steps)
            #expect(try peer.receiveHead().hasPrefix("POST /graphql HTTP/1.1\r\n"))
            _ = try peer.receive(exactly: 2)
            try peer.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
            #expect(try await answer.value.get().body == Array("ok".utf8))

            let refused = caller.send(.behind("socks5h://ada:secret@127.0.0.1:\(listener.port)", url))
            let second = try listener.accept()
            try second.play([([5, 2, 0, 2], [5, 2]), (Self.password("ada", "secret"), [1, 1])])
            let error = try #require(await #expect(throws: HTTPClientError.self) { try await refused.value.get() })
            #expect(
                error.reason.contains("the proxy socks5h://127.0.0.1:\(listener.port) refuses the user and password")
            )
            #expect(!error.reason.contains("secret"))
            #expect(!error.wasSent)
        }
    }
}

extension RawPeer {
    /// Expects what the client says, and answers it.
    fileprivate func play(_ steps: [(heard: [UInt8], answer: [UInt8])]) throws {
        for (heard, answer) in steps {
            #expect(try receive(exactly: heard.count) == heard)
            try send(answer)
        }
    }
}
