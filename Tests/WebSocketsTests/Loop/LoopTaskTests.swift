import Synchronization
import Testing
import WebSockets

/// Tasks that prefer a loop, and sleeps on it.
@Suite(.timeLimit(.minutes(1)))
struct LoopTaskTests {
    private actor Reader {
        nonisolated let loop: EventLoop
        private(set) var seen: [Int] = []

        nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe loop.asUnownedSerialExecutor() }

        init(on loop: EventLoop) { self.loop = loop }

        func read(_ numbers: AsyncStream<Int>) async {
            for await number in numbers {
                #expect(loop.isCurrent)
                seen.append(number)
            }
        }
    }

    @Test
    func `a task that prefers a loop never leaves it, whoever resumes it`() async throws {
        let loop = try EventLoop(name: "preferred", servesSockets: false)
        await Task(executorPreference: loop) {
            #expect(loop.isCurrent)
            await Self.concurrently { #expect(loop.isCurrent) }
            await withCheckedContinuation { continuation in Task.detached { continuation.resume() } }
            #expect(loop.isCurrent)
            await withTaskGroup(of: Void.self) { group in
                for _ in 0..<10 { group.addTask { #expect(loop.isCurrent) } }
            }
            #expect(loop.isCurrent)
        }.value
        await loop.stop()
    }

    @Test
    func `a stream that is read on a loop's actor is unfolded on the loop`() async throws {
        let loop = try EventLoop(name: "reader", servesSockets: false)
        let reader = Reader(on: loop)
        let numbers = Mutex(0)
        let stream = AsyncStream<Int> {
            #expect(loop.isCurrent)
            await withCheckedContinuation { continuation in Task.detached { continuation.resume() } }
            #expect(loop.isCurrent)
            return numbers.withLock { number in
                number += 1
                return number > 100 ? nil : number
            }
        }
        await Task(executorPreference: loop) { await reader.read(stream) }.value
        #expect(await reader.seen == Array(1...100))
        await loop.stop()
    }

    @Test
    func `a sleep lasts its time, and ends with its task or its loop`() async throws {
        let loop = try EventLoop(name: "sleeps", servesSockets: false)
        let clock = LoopClock(loop)
        let start = clock.now
        try await clock.sleep(for: .milliseconds(30))
        #expect(start.duration(to: clock.now) >= .milliseconds(30))
        try await clock.sleep(for: .zero)

        let cancelled = Task { try await clock.sleep(for: .seconds(3600)) }
        cancelled.cancel()
        await #expect(throws: CancellationError.self) { try await cancelled.value }

        let stopped = Task { try await clock.sleep(for: .seconds(3600)) }
        // The sleep began once its timer is there: the loop has that one, its wake and its prepare handle.
        while await loop.handles() < 3 {}
        await loop.stop()
        await #expect(throws: CancellationError.self) { try await stopped.value }
        await #expect(throws: CancellationError.self) { try await clock.sleep(for: .zero) }
    }

    @Test
    func `a task on a loop may stop it, and others`() async throws {
        let loops = try (0..<3).map { try EventLoop(name: "loop-\($0)", servesSockets: false) }
        await Task(executorPreference: loops[0]) {
            for loop in loops { await loop.stop() }
        }.value
        #expect(loops.allSatisfy { !$0.isCurrent })
    }

    @concurrent
    private static func concurrently(_ body: @Sendable () -> Void) async { body() }
}

extension EventLoop {
    fileprivate func handles() async -> Int {
        await withCheckedContinuation { continuation in execute { continuation.resume(returning: self.handleCount) } }
    }
}
