import Synchronization
import Testing
import WebSockets

@testable import FanoutRelay

struct LivenessTests {
    /// Keeps a thread busy until it is let go.
    private final class Hold: Sendable {
        private let isHeld = Atomic(true)

        func letGo() { isHeld.store(false, ordering: .relaxed) }

        func hang() { while isHeld.load(ordering: .relaxed) {} }
    }

    @Test func `a thread that hangs doesn't answer, and answers when it goes on`() async throws {
        try await Stage.run([Stage.manual()]) { stage in
            await answer(to: stage.relay.probe())
            let hold = Hold()
            let loop = try #require(stage.relay.loops.first { $0.name == "shard-0" })
            loop.execute { hold.hang() }
            let probe = stage.relay.probe()
            // The others have been asked by now, and have answered when they do this.
            for other in stage.relay.loops where other !== loop {
                await withCheckedContinuation { continuation in other.execute { continuation.resume() } }
            }
            #expect(!probe.isAnswered)
            hold.letGo()
            await answer(to: probe)
        }
    }

    private func answer(to probe: LivenessProbe) async {
        while !probe.isAnswered { await Task.yield() }
    }
}
