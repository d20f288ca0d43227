internal import Synchronization
internal import WebSockets

/// The end of a relay.
extension Relay {
    /// How long clients have to answer a close at least, however short a drain's window is.
    private static let shortestFarewell = Duration.milliseconds(500)
    /// How long clients have to take an answer that comes when the window is over.
    private static let lastAnswer = Duration.seconds(1)

    /// Shuts down: lets nobody in, sends the clients away with 1001 at random moments within `window`, closes the
    /// upstream link, ends all threads.
    ///
    /// A client whose query or mutation runs keeps its connection until the answer is out, whatever the window; when
    /// that is over, only for as long as a query may take, and a second more. Whoever hasn't left at the end is cut off.
    ///
    /// - Parameters:
    ///   - window: The time for all of it but for queries that run; half a second at least.
    ///   - delay: How long clients are served as before first, while `/readyz` says 503 already; zero by default. When
    ///     the task is cancelled it is over.
    public func drain(over window: Duration, after delay: Duration = .zero) async {
        statistics.isLeaving.store(true, ordering: .relaxed)
        // On a loop, so that it comes to its end whatever the shared pool is busy with.
        let waiting = Task(executorPreference: upstream.loop) {
            if delay > .zero { try? await LoopClock(self.upstream.loop).sleep(for: delay) }
        }
        await withTaskCancellationHandler {
            await waiting.value
        } onCancel: {
            waiting.cancel()
        }
        await Task(executorPreference: upstream.loop) { await self.end(over: window) }.value
        await upstream.loop.stop()
        statistics.letGo()
    }

    /// The longest that a drain takes, from its beginning to its end.
    package func longestDrain(over window: Duration, after delay: Duration) -> Duration {
        // Each of the loops' ends, one after the other's, is bounded too.
        delay + max(window, longestQuery) + Self.lastAnswer + .seconds(5)
    }

    /// A query may take as long as its client would wait for it.
    private var longestQuery: Duration { queryRunner?.limits.longest ?? .zero }

    private func end(over window: Duration) async {
        statistics.isDraining.store(true, ordering: .relaxed)
        listener.stop()
        let clock = LoopClock(upstream.loop)
        let start = clock.now
        let answersEnd = start + max(window, longestQuery)
        // Somewhat longer, since the word that an answer doesn't come has a way to go too.
        for shard in shards { await shard.drain(over: window, until: answersEnd - start + Self.lastAnswer / 2) }
        var end = start + max(window, Self.shortestFarewell)
        while clock.now < end {
            // Not what runs, but what was not answered: a client that doesn't read its answer holds up nobody.
            let awaited = queryRunner?.awaited ?? 0
            if awaited > 0 { end = max(end, min(clock.now, answersEnd) + Self.lastAnswer) }
            var left = queryRunner?.running ?? 0
            for shard in shards { left += await shard.clientCount }
            if left == 0 { break }
            try? await clock.sleep(for: .milliseconds(20))
        }
        await upstream.stop()
        for task in tasks { await task.value }
        for loop in loops where loop !== upstream.loop { await loop.stop() }
    }
}
