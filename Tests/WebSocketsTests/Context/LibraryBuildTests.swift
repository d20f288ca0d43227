import Glibc
import Testing

@testable import WebSockets

/// What is taken for granted of libwebsockets' insides.
@Suite(.timeLimit(.minutes(1)))
struct LibraryBuildTests {
    @Test(arguments: [
        ("4.1.6", true), ("4.1.6-unknown", true), ("4.1.6-v4.1.6", true), ("4.1.60", false), ("4.1.5", false),
        ("4.3.2-debian", false), ("", false),
    ])
    func `another library is told of in one line`(version: String, isKnown: Bool) {
        #expect(LibraryBuild.isKnown(version) == isKnown)
        let warning = LibraryBuild.warning(of: version)
        #expect((warning == nil) == isKnown)
        if let warning { #expect(warning.contains("libwebsockets is \(version)") && !warning.contains("\n")) }
    }

    @Test func `the library is the known one`() {
        #expect(LibraryBuild.isKnown, "\(LibraryBuild.version)")
    }

    @Test func `what waits to be sent hangs where it is looked for`() async throws {
        let sockets = AsyncStream.makeStream(of: WebSocket.self)
        let script = ServerProbe.Script(opened: { sockets.continuation.yield($0) })
        try await TestServer.run(script: script) { server in
            let (peer, _) = try server.upgrade(receiveBuffer: 4096)
            var iterator = sockets.stream.makeAsyncIterator()
            let socket = try #require(await iterator.next())
            let states = await withCheckedContinuation { continuation in
                server.loop.execute {
                    let empty = socket.isReady
                    let before = Self.word(of: socket)
                    let frame = RawFrame(opcode: 2, payload: [UInt8](repeating: 1, count: 16 << 20)).encoded
                    socket.finish(frame[...])
                    continuation.resume(
                        returning: (empty, before, full: socket.isReady, after: Self.word(of: socket))
                    )
                }
            }
            #expect(states.0 && states.1 == 0)
            #expect(!states.full && states.after != 0)
            withExtendedLifetime(peer) {}
        }
    }

    private static func word(of socket: WebSocket) -> UInt? {
        guard let wsi = unsafe socket.wsi else { return nil }
        return unsafe UnsafeRawPointer(wsi).load(fromByteOffset: LibraryBuild.partialPlace, as: UInt.self)
    }

    @Test func `a context leaves one watcher in its loop, that of its event pipe`() async throws {
        let loop = try EventLoop(name: "pipe")
        let descriptor = await withCheckedContinuation { continuation in
            loop.execute { continuation.resume(returning: unsafe loop.eventPipe()?.descriptor) }
        }
        #expect(try #require(descriptor) >= 0)
        // What is left of it at the end is closed once: the loop says so by freeing its context.
        await loop.stop()
        #expect(loop.ending == .closed)
    }
}
