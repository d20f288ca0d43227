import OpenSSLCommand
import TestSupport
import Testing

@testable import WebSockets

/// How much is read of a peer that was sent a close frame and goes on sending.
@Suite(.timeLimit(.minutes(1)))
struct ClosingReadTests {
    enum Connection: CaseIterable {
        case plaintext, tls, unix

        /// What can be tested here.
        static var all: [Connection] { allCases.filter { $0 != .tls || OpenSSL.isInstalled } }
    }

    @Test(
        arguments: [
            (100, [100, 65_636], false), (100, [65_637], true), (0, [65_536, 65_537], true),
            // The kernel's count is kept modulo 4 GiB.
            (.max, [.max, 65_535], false), (.max, [65_536], true),
        ] as [(UInt32, [UInt32], Bool)]
    )
    func `so many bytes are read where the kernel counts them`(begin: UInt32, counts: [UInt32], isEnough: Bool) {
        var reading = ClosingRead(from: begin)
        var results: [Bool] = []
        for count in counts { results.append(reading.isEnough(count, wasRead: true)) }
        #expect(results.last == isEnough)
        #expect(!results.dropLast().contains(true))
    }

    @Test func `so often something is read where it doesn't`() {
        var reading = ClosingRead(from: nil)
        var looks = 0
        // Looks at which nothing was read don't count.
        for _ in 0..<100 where reading.isEnough(nil, wasRead: false) { Issue.record("enough of nothing") }
        while !reading.isEnough(nil, wasRead: true) { looks += 1 }
        #expect(looks == ClosingRead.busyLooks)
    }

    @Test(arguments: Connection.all, [1, 9, 10] as [UInt8])
    func `a client that sends on sees its close frame, and is read no more until it is cut`(
        connection: Connection,
        opcode: UInt8
    ) async throws {
        let files = connection == .tls ? try CertificateFiles() : nil
        let identity = try files.map { try ServerIdentity(certificateFile: $0.certificate, keyFile: $0.key) }
        let folder = TemporaryFolder()
        let (stopped, continuation) = AsyncStream.makeStream(of: Bool.self)
        var script = ServerProbe.Script(received: { _, socket in socket.close(1008, "enough") })
        script.closed = { continuation.yield($0.hasStoppedReading) }
        try await TestServer.run(script: script, closeTimeout: .seconds(connection == .unix ? 2 : 1)) { options in
            options.identity = identity
        } adjustListener: { options in
            if connection == .unix { options.bindings.append(.init(.unix(UnixPath(folder.file("s"))))) }
        } _: { server in
            let peer =
                switch connection {
                case .plaintext: try server.connect()
                case .tls: try RawPeer(securePort: server.listener.port)
                case .unix: try RawPeer(path: folder.file("s"))
                }
            try peer.send(TestServer.handshake())
            #expect(try peer.receiveHead().hasPrefix("HTTP/1.1 101 "))
            try peer.send(RawFrame.text("x").masked)
            #expect(try peer.receiveFrame() == .close(1008, "enough"))
            // Empty pings and pongs, of which libwebsockets tells nobody, and texts.
            let batch = Array(repeatElement(RawFrame(opcode: opcode).masked, count: 200).joined())
            while (try? peer.send(batch)) != nil {}
            #expect(await server.probe.nextClosure()?.ownCode == 1008)
            #expect(await stopped.first { _ in true } == true)
        }
    }

    @Test func `a client that ends what it was sending, and answers, ends as ever`() async throws {
        let (stopped, continuation) = AsyncStream.makeStream(of: Bool.self)
        var script = ServerProbe.Script(received: { _, socket in socket.close(1008, "enough") })
        script.closed = { continuation.yield($0.hasStoppedReading) }
        try await TestServer.run(script: script, closeTimeout: .seconds(50)) { server in
            let (peer, _) = try server.upgrade()
            try peer.send(RawFrame.text("x").masked)
            #expect(try peer.receiveFrame() == .close(1008, "enough"))
            let late = RawFrame.text(String(repeating: "x", count: 60_000)).masked
            try peer.send(late + RawFrame.close(1008).masked)
            #expect(try peer.receiveUntilEnd() == [])
            #expect(await server.probe.nextClosure()?.code == 1008)
            #expect(await stopped.first { _ in true } == false)
        }
    }
}
