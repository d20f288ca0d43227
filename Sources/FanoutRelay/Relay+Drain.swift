internal import Synchronization
internal import WebSockets

/// Shutting a relay down.
extension Relay {
    /// The least time that clients have to answer a close frame, however short the window is.
    private static let shortestFarewell = Duration.milliseconds(500)
    /// How long another relay of the group has to be ready to lead and to take over; mostly it takes three seconds.
    private static let handOverTime = Duration.seconds(8)
    /// How long clients have to read an answer that comes after the window.
    private static let lastAnswer = Duration.seconds(1)

    /// Shuts down: accepts no clients, closes those that are here with 1001 at random moments within `window`, closes
    /// the upstream link, and ends all threads.
    ///
    /// A client whose query or mutation runs keeps its connection until the answer is sent, even beyond the window, but
    /// no longer than a query may take and one second more. Clients that are still here at the end are cut off.
    ///
    /// - Parameters:
    ///   - window: The time for everything but running queries; at least half a second.
    ///   - delay: How long clients are served as before while `/readyz` already says 503; zero by default. Cancelling
    ///     the task ends the delay, not the drain.
    public func drain(over window: Duration, after delay: Duration = .zero) async {
        statistics.isLeaving.store(true, ordering: .relaxed)
        // On a loop, so that a blocked shared pool can't hold it up.
        let waiting = Task(executorPreference: upstream.loop) {
            if delay > .zero { try? await LoopClock(self.upstream.loop).sleep(for: delay) }
        }
        await withTaskCancellationHandler {
            await waiting.value
        } onCancel: {
            waiting.cancel()
        }
        await group?.leave(within: Self.handOverTime)
        await Task(executorPreference: upstream.loop) { await self.end(over: window) }.value
        await upstream.loop.stop()
        statistics.letGo()
        replaceable.withLock { $0.builder.closer.use([]) }
    }

    /// The window within which no more than `rate` of the present clients are closed in a second.
    package func drainWindow(atLeast window: Duration, rate: Int) -> Duration {
        let clients = statistics.shards.reduce(0) { $0 + $1.clients.load(ordering: .relaxed) }
        return max(window, Shard.drainWindow(spreading: .seconds(1) * clients / rate))
    }

    /// The longest time that `drain` takes.
    package func longestDrain(over window: Duration, after delay: Duration) -> Duration {
        // The last five seconds are for the loops, which end one after the other, each within a bounded time.
        let handOver = group == nil ? .zero : Self.handOverTime
        return delay + handOver + max(window, longestQuery) + Self.lastAnswer + .seconds(5)
    }

    /// The longest time from a query's arrival to its answer.
    private var longestQuery: Duration { queryRunner?.limits.longest ?? .zero }

    private func end(over window: Duration) async {
        statistics.isDraining.store(true, ordering: .relaxed)
        listener.stop()
        let clock = LoopClock(upstream.loop)
        let start = clock.now
        let answersEnd = start + max(window, longestQuery)
        // A little longer than the answers, since the failure of a query that gets none has to be sent too.
        for shard in shards { await shard.drain(over: window, until: answersEnd - start + Self.lastAnswer / 2) }
        var end = start + max(window, Self.shortestFarewell)
        while clock.now < end {
            // Counts queries without an answer, not those that run: a client that doesn't read its answer must not
            // delay the end.
            let awaited = queryRunner?.awaited ?? 0
            if awaited > 0 { end = max(end, min(clock.now, answersEnd) + Self.lastAnswer) }
            // Who asks by a plain request and is waited for isn't among the clients.
            var left = (queryRunner?.running ?? 0) + authorizer.pendingCount
            for shard in shards { left += await shard.clientCount }
            if left == 0 { break }
            try? await clock.sleep(for: .milliseconds(20))
        }
        // Operators see what happens until then.
        operatorListener?.stop()
        let (keySet, hooks) = replaceable.withLock { ($0.keySet, $0.hooks) }
        await keySet?.stop()
        for hook in hooks { await hook.stop() }
        authorizer.use(nil)
        authorizer.ask(nil)
        await upstream.stop()
        await group?.stop()
        for task in tasks { await task.value }
        for watch in [memoryWatch, clientWatch] {
            watch.cancel()
            await watch.value
        }
        for loop in loops where loop !== upstream.loop { await loop.stop() }
    }
}
