import Glibc
import Synchronization
import Testing

@testable import WebSockets

@Suite(.timeLimit(.minutes(1)))
struct OwnThreadTests {
    /// Tells when it is let go.
    private final class Sentinel: Sendable {
        let ended: AsyncStream<Void>.Continuation

        init(_ ended: AsyncStream<Void>.Continuation) { self.ended = ended }

        deinit { ended.finish() }
    }

    /// Names the thread that asks.
    private static var current: String {
        var link = [UInt8](repeating: 0, count: 64)
        let count = unsafe readlink("/proc/thread-self", &link, link.count)
        return String(decoding: link.prefix(max(0, count)), as: UTF8.self)
    }

    @Test func `tasks run in turn on one thread of its own, whoever resumes them`() async throws {
        let thread = OwnThread(name: "own")
        let seen = await withTaskGroup(of: [String].self) { group in
            for _ in 0..<50 {
                group.addTask(executorPreference: thread) {
                    let before = Self.current
                    await withCheckedContinuation { continuation in Task.detached { continuation.resume() } }
                    return [before, Self.current]
                }
            }
            return await group.reduce(into: Set<String>()) { $0.formUnion($1) }
        }
        #expect(seen.count == 1)
        #expect(!seen.contains(Self.current))
    }

    @Test func `without a thread every task runs elsewhere, and with one again there`() async throws {
        // Threads come and go while many bring work at once: none of it may wait for a thread that never starts.
        let asked = Atomic(0)
        let thread = OwnThread(name: "scarce") { asked.add(1, ordering: .relaxed).newValue.isMultiple(of: 50) }
        let count = await withTaskGroup(of: Int.self) { group in
            for _ in 0..<500 { group.addTask(executorPreference: thread) { 1 } }
            return await group.reduce(0, +)
        }
        #expect(count == 500)
        #expect(asked.load(ordering: .relaxed) == 50)
    }

    @Test func `a task that blocks holds up its own thread only, and nobody waits for that`() async throws {
        var ends: [Int32] = [-1, -1]
        unsafe _ = pipe(&ends)
        let (read, write) = (ends[0], ends[1])
        let (stream, ended) = AsyncStream.makeStream(of: Void.self)
        do {
            let (blocked, other) = (OwnThread(name: "blocked"), OwnThread(name: "other"))
            let sentinel = Sentinel(ended)
            Task(executorPreference: blocked) {
                var byte: UInt8 = 0
                unsafe _ = Glibc.read(read, &byte, 1)
                _ = sentinel
            }
            #expect(await Task(executorPreference: other) { true }.value)
        }
        // Nobody owns the thread any more; what it was given still comes to its end.
        close(write)
        for await _ in stream {}
        close(read)
    }
}
