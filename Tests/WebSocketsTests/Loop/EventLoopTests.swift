import Glibc
import Synchronization
import Testing
import WebSockets

@Suite(.timeLimit(.minutes(1)))
struct EventLoopTests {
    /// An actor on a loop.
    private actor Resident {
        nonisolated let loop: EventLoop
        private(set) var count = 0

        nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe loop.asUnownedSerialExecutor() }

        init(on loop: EventLoop) { self.loop = loop }

        func increment() -> Bool {
            count += 1
            return loop.isCurrent
        }

        func stopOwnLoop() async { await loop.stop() }

        func call(_ other: Resident) async -> Bool { await other.increment() && loop.isCurrent }

        func timers(_ delays: [Duration], fired: @escaping @Sendable (Int) -> Void) {
            for (index, delay) in delays.enumerated() {
                LoopTimer(on: loop) { fired(index) }.start(after: delay)
            }
        }
    }

    @Test
    func `actors of a loop run on its thread`() async throws {
        let loops = try [EventLoop(name: "one"), EventLoop(name: "two")]
        let residents = loops.map { Resident(on: $0) }
        #expect(!loops[0].isCurrent)
        #expect(await residents[0].increment())
        #expect(await residents[1].increment())
        #expect(await residents[0].call(residents[1]))
        await withTaskGroup(of: Void.self) { group in
            for index in 0..<200 { group.addTask { #expect(await residents[index % 2].increment()) } }
        }
        #expect(await residents[0].count + residents[1].count == 203)
        for loop in loops { await loop.stop() }
    }

    @Test
    func `work is run in the order it came`() async throws {
        let loop = try EventLoop(name: "order", servesSockets: false)
        let seen = Mutex<[Int]>([])
        for index in 0..<1000 { loop.execute { seen.withLock { $0.append(index) } } }
        await loop.stop()
        #expect(seen.withLock { $0 } == Array(0..<1000))
    }

    @Test
    func `jobs that come after the stop still run`() async throws {
        let loop = try EventLoop(name: "stopped")
        let resident = Resident(on: loop)
        await loop.stop()
        await loop.stop()
        #expect(await resident.increment())
        #expect(await resident.increment())
        let other = try EventLoop(name: "other")
        #expect(await Resident(on: other).call(resident))
        #expect(await other.isCurrentInside())
        await other.stop()
    }

    @Test
    func `jobs that come during the stop all run`() async throws {
        for _ in 0..<20 {
            let loop = try EventLoop(name: "race", servesSockets: false)
            let resident = Resident(on: loop)
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await loop.stop() }
                for _ in 0..<50 { group.addTask { #expect(await resident.increment()) } }
            }
            #expect(await resident.count == 50)
        }
    }

    @Test
    func `an actor may stop the loop it lives on`() async throws {
        let loop = try EventLoop(name: "self")
        await Resident(on: loop).stopOwnLoop()
    }

    @Test
    func `a stop ends open sockets, dials, listeners and timers`() async throws {
        let serving = try await TestServer.start()
        let (peer, _) = try serving.upgrade()
        let half = try serving.connect()
        try half.send("GET / HTTP/1.1\r\n")
        let waiting = try serving.connect()
        try waiting.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        let exchange = try #require(await serving.probe.nextExchange())
        let dialling = ClientProbe(on: serving.loop)
        let mute = try RawListener()
        let client = await dialling.dial(.loopback(mute.port))
        let muted = try mute.accept()
        _ = try muted.receiveHead()
        let resident = Resident(on: serving.loop)
        await resident.timers([.seconds(3600)]) { _ in Issue.record("a timer fired") }

        await serving.loop.stop()
        #expect(try peer.receiveUntilEnd() == [])
        #expect(try waiting.receiveUntilEnd() == [])
        #expect(try muted.receiveUntilEnd() == [])
        // A listener on another loop may still bring connections; they are closed, and everything else is harmless.
        try half.send("Host: x\r\n\r\n")
        #expect(try half.receiveUntilEnd() == [])
        let late = try serving.connect()
        try late.send(TestServer.handshake())
        #expect(try late.receiveUntilEnd() == [])
        #expect(serving.server.connections == 0)
        await dialling.abandon(client)
        serving.loop.execute { exchange.respond(.text("too late")) }
        await resident.timers([.zero]) { _ in Issue.record("a timer fired") }
        _ = await dialling.dial(.loopback(mute.port))
        await serving.acceptor.stop()
        #expect(throws: RawPeer.Failure.self) { try serving.connect() }
    }

    @Test
    func `a stop closes no descriptor of anybody else`() async throws {
        // libwebsockets closes one number twice: a number that another thread was given in between must survive.
        let isDone = Atomic(false)
        let opener = Thread {
            var held: [Int32] = []
            var lost = 0
            while !isDone.load(ordering: .relaxed) {
                held.append(unsafe open("/dev/null", O_RDONLY | O_CLOEXEC))
                if held.count > 20, close(held.removeFirst()) != 0 { lost += 1 }
            }
            for descriptor in held where close(descriptor) != 0 { lost += 1 }
            return lost
        }
        for _ in 0..<60 {
            let loop = try EventLoop(name: "short-lived")
            await loop.stop()
        }
        isDone.store(true, ordering: .relaxed)
        #expect(opener.join() == 0)
    }

    @Test(arguments: ["127.0.0.1", "255.255.255.255"])
    func `refused dials leave nothing in the loop`(host: String) async throws {
        let loop = try EventLoop(name: "refused")
        let probe = ClientProbe(on: loop)
        let port = try RawListener().port
        var counts: [Int] = []
        for _ in 0..<6 {
            _ = await probe.dial(.loopback(port, host: host))
            #expect(await probe.nextFailure() != nil)
            // What the failure left is swept in a later turn.
            counts.append(await loop.handleCountLater())
        }
        #expect(counts.last == counts.first)
        await loop.stop()
    }

    @Test
    func `a server needs a loop with sockets, and one that runs`() async throws {
        let loop = try EventLoop(name: "bare", servesSockets: false)
        let probe = ServerProbe(on: loop)
        await #expect(throws: WebSocketError.self) {
            try await probe.serve(.init(subprotocols: []), ledger: ConnectionLedger())
        }
        let client = ClientProbe(on: loop)
        _ = await client.dial(.loopback(1))
        #expect(await client.nextFailure() != nil)
        await loop.stop()
        _ = await client.dial(.loopback(1))
        #expect(await client.nextFailure() != nil)
    }

    @Test
    func `timers fire once each, in the order of their delays`() async throws {
        let loop = try EventLoop(name: "timers", servesSockets: false)
        let (fired, continuation) = AsyncStream<Int>.makeStream()
        await Resident(on: loop).timers([.milliseconds(40), .milliseconds(20), .zero, .milliseconds(60)]) {
            continuation.yield($0)
            if $0 == 3 { continuation.finish() }
        }
        var order: [Int] = []
        for await index in fired { order.append(index) }
        #expect(order == [2, 1, 0, 3])
        await loop.stop()
    }

    @Test
    func `a timer can be stopped, started anew and closed from within`() async throws {
        let loop = try EventLoop(name: "timers", servesSockets: false)
        let (fired, continuation) = AsyncStream<String>.makeStream()
        loop.execute {
            let stopped = LoopTimer(on: loop) { continuation.yield("stopped") }
            stopped.start(after: .zero)
            stopped.stop()
            var rounds = 0
            var again: LoopTimer?
            again = LoopTimer(on: loop) {
                rounds += 1
                continuation.yield("round \(rounds)")
                if rounds < 3 {
                    again?.start(after: .milliseconds(1))
                } else {
                    again?.close()
                    again?.start(after: .zero)
                    again = nil
                    LoopTimer(on: loop) { continuation.finish() }.start(after: .milliseconds(20))
                }
            }
            again?.start(after: .seconds(3600))
            again?.start(after: .zero)
        }
        var seen: [String] = []
        for await event in fired { seen.append(event) }
        #expect(seen == ["round 1", "round 2", "round 3"])
        await loop.stop()
    }

    @Test
    func `time goes on`() {
        let first = EventLoop.now
        #expect(EventLoop.now >= first)
        #expect(first > .zero)
    }
}

extension EventLoop {
    fileprivate func handleCountLater() async -> Int {
        await withCheckedContinuation { continuation in
            execute {
                var timer: LoopTimer?
                timer = LoopTimer(on: self) {
                    timer?.close()
                    timer = nil
                    continuation.resume(returning: self.handleCount)
                }
                timer?.start(after: .milliseconds(1))
            }
        }
    }

    fileprivate func isCurrentInside() async -> Bool {
        await withCheckedContinuation { continuation in execute { continuation.resume(returning: self.isCurrent) } }
    }
}

/// A thread of the test's own that hands its result over in the end.
private final class Thread: Sendable {
    private let body: @Sendable () -> Int
    private let result = Mutex(0)
    private let handle = Mutex(pthread_t())

    init(_ body: @escaping @Sendable () -> Int) {
        self.body = body
        handle.withLock { handle in
            unsafe _ = pthread_create(&handle, nil, runThread, Unmanaged.passRetained(self).toOpaque())
        }
    }

    func join() -> Int {
        pthread_join(handle.withLock { $0 }, nil)
        return result.withLock { $0 }
    }

    fileprivate func run() {
        let value = body()
        result.withLock { $0 = value }
    }
}

private func runThread(_ pointer: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    if let pointer = unsafe pointer { unsafe Unmanaged<Thread>.fromOpaque(pointer).takeRetainedValue().run() }
    return nil
}
