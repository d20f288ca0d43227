import OpenSSLCommand
import Synchronization
import Testing

@testable import WebSockets

/// TLS has something to say of its own, which the kernel may not take.
@Suite(.timeLimit(.minutes(1)), .enabled(if: OpenSSL.isInstalled, "needs the openssl command"))
struct NewKeyTests {
    private final class Signal: Sendable {
        let isSet = Atomic(false)

        func set() { isSet.store(true, ordering: .releasing) }
        func wait() { while !isSet.load(ordering: .acquiring) {} }
    }

    private static func run(_ body: (TLSPeer, ClientProbe, EventLoop) async throws -> Void) async throws {
        let server = try TLSPeer()
        let loop = try EventLoop(name: "new-key")
        let probe = ClientProbe(on: loop)
        var target = WebSocketClient.Target.loopback(server.port, host: "localhost")
        target.isSecure = true
        target.authorityFile = server.files.certificate
        target.knownAddresses = ["127.0.0.1"]
        do {
            _ = await probe.dial(target)
            try server.acceptUpgrade()
            guard await probe.nextDialled() != nil else { throw RawPeer.Failure(description: "the dial failed") }
            try await body(server, probe, loop)
        } catch {
            await loop.stop()
            throw error
        }
        await loop.stop()
    }

    @Test func `a new key is answered, and what comes behind it read`() async throws {
        try await Self.run { server, probe, _ in
            try server.updateKeys()
            try server.send(RawFrame.text("behind").encoded)
            #expect(await probe.nextMessage()?.bytes == Array("behind".utf8))
        }
    }

    @Test func `a new key waits for room to be answered in, and the loop rests meanwhile`() async throws {
        try await Self.run { server, probe, loop in
            let (isBusy, isFull) = (Signal(), Signal())
            loop.execute {
                isBusy.set()
                isFull.wait()
            }
            isBusy.wait()
            try server.updateKeys()
            // The first write after a key update contains the answer to it; reading waits for that write.
            try server.send(RawFrame(opcode: 9).encoded)
            try server.send(RawFrame.text("behind").encoded)
            try server.fill()
            isFull.set()
            let before = await loop.processorTime()
            await withCheckedContinuation { continuation in
                loop.execute { LoopTimer(on: loop) { continuation.resume() }.start(after: .seconds(1)) }
            }
            // A loop that never rests gets more than that even on a busy machine.
            #expect(await loop.processorTime() - before < .milliseconds(40))
            let isRead = Signal()
            let message = Task {
                defer { isRead.set() }
                return await probe.nextMessage()?.bytes
            }
            while !isRead.isSet.load(ordering: .acquiring) {
                server.discard()
                await Task.yield()
            }
            #expect(await message.value == Array("behind".utf8))
        }
    }
}
