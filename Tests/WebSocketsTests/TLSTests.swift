import Glibc
import Testing
import WebSockets

@Suite(.timeLimit(.minutes(1)), .enabled(if: OpenSSL.isInstalled, "needs the openssl command"))
struct TLSTests {
    private func target(_ server: OpenSSLServer, host: String, authority: String?) -> WebSocketClient.Target {
        WebSocketClient.Target(
            isSecure: true,
            host: host,
            port: server.port,
            path: "/",
            subprotocols: [],
            authorityFile: authority
        )
    }

    @Test
    func `a client talks over TLS to a server of its own authority`() async throws {
        let server = try OpenSSLServer()
        let loop = try EventLoop(name: "tls")
        let probe = ClientProbe(on: loop)
        _ = await probe.dial(target(server, host: "localhost", authority: server.certificate))
        let peer = server.peer
        #expect(try peer.acceptUpgrade().header("Host") == "localhost:\(server.port)")
        let dialled = try #require(await probe.nextDialled())
        for size in [1, 20_000, 300_000] {
            let payload = (0..<size).map { UInt8($0 % 251) }
            loop.execute { dialled.socket.send(text: payload) }
            #expect(try peer.receiveFrame()?.payload == payload)
            try peer.send(RawFrame(opcode: 2, payload: payload).encoded)
            #expect(await probe.nextMessage()?.bytes == payload)
        }
        loop.execute { dialled.socket.close(1000, "done") }
        #expect(try peer.receiveFrame()?.closeCode == 1000)
        try peer.send(RawFrame.close(1000).encoded)
        #expect(await probe.nextClosure()?.code == 1000)
        await loop.stop()
    }

    @Test
    func `loops that are made meanwhile don't disturb a handshake`() async throws {
        let server = try OpenSSLServer()
        let loop = try EventLoop(name: "tls")
        let probe = ClientProbe(on: loop)
        for _ in 0..<5 {
            _ = await probe.dial(target(server, host: "localhost", authority: server.certificate))
            let others = try (0..<5).map { try EventLoop(name: "other-\($0)") }
            // Whether there is a session or not: what fails without one is the TLS handshake.
            guard case .dialled(let socket, _) = await probe.answered(by: server.peer) else {
                Issue.record("the handshake failed")
                break
            }
            loop.execute { socket.terminate() }
            _ = await probe.nextClosure()
            for other in others { await other.stop() }
        }
        await loop.stop()
    }

    enum Distrust: CaseIterable {
        case unknownAuthority, wrongName, unreadableFile

        /// A part of the error that tells the operator where to look.
        var hint: String {
            switch self {
            case .unknownAuthority, .wrongName: "not trusted, or is for another name"
            case .unreadableFile: "can't read the CA file"
            }
        }
    }

    @Test(arguments: Distrust.allCases)
    func `a server that can't be trusted is an error`(reason: Distrust) async throws {
        let server = try OpenSSLServer()
        let loop = try EventLoop(name: "tls")
        let probe = ClientProbe(on: loop)
        let target =
            switch reason {
            case .unknownAuthority: target(server, host: "localhost", authority: nil)
            case .wrongName: target(server, host: "127.0.0.1", authority: server.certificate)
            case .unreadableFile: target(server, host: "localhost", authority: server.certificate + ".missing")
            }
        for _ in 0..<2 {
            _ = await probe.dial(target)
            let failure = try #require(await probe.nextFailure())
            #expect(failure.description.contains(reason.hint))
        }
        await loop.stop()
    }
}

extension ClientProbe {
    /// What comes of a dial whose upgrade, if it gets so far, is answered by `peer`.
    nonisolated fileprivate func answered(by peer: RawPeer) async -> Event? {
        let thread = Task.detached { try peer.acceptUpgrade() }
        let event = await next()
        if case .dialled = event { _ = try? await thread.value }
        return event
    }
}

/// The openssl command as a TLS server with a certificate of its own; its plaintext side is `peer`.
private final class OpenSSLServer {
    let port: UInt16
    let peer: RawPeer
    private let files: CertificateFiles
    private let process: pid_t
    /// Keeps the port from everybody else until the server listens on it.
    private let reservation: RawListener

    var certificate: String { files.certificate }

    init() throws {
        files = try CertificateFiles()
        reservation = try RawListener(sharesAddress: true, listens: false)
        port = reservation.port
        var ends: [Int32] = [0, 0]
        unsafe socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends)
        _ = fcntl(ends[0], F_SETFD, FD_CLOEXEC)
        peer = RawPeer(adopting: ends[0])
        process = try OpenSSL.start(
            ["s_server", "-quiet", "-accept", "127.0.0.1:\(port)", "-cert", files.certificate, "-key", files.key],
            channel: ends[1]
        )
        close(ends[1])
        // It listens when a connection succeeds, which it then drops for not being TLS.
        while (try? RawPeer(port: port)) == nil { sched_yield() }
    }

    deinit {
        // Whoever started the tests may have blocked the politer signals.
        kill(process, SIGKILL)
        var status: Int32 = 0
        unsafe waitpid(process, &status, 0)
    }
}
