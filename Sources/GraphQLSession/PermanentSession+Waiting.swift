internal import WebSockets

/// Calls that wait: for a link, or for their next try.
extension PermanentSession {
    struct Waiter {
        enum Wish {
            case link, time
        }

        var wish: Wish
        var deadline: Duration?
        var continuation: CheckedContinuation<Void, any Error>
    }

    /// Waits until a link is acknowledged, or until the wait limit is over; not at all with one after the
    /// `generation`-th.
    func waitForLink(after generation: UInt64, until deadline: Duration?) async throws {
        try await wait(for: .link, after: generation, until: deadline)
    }

    /// Waits before the next try of a call; a session that ends ends it too.
    func pause(for time: Duration) async throws {
        try await wait(for: .time, until: EventLoop.now + time)
    }

    /// Waits, unless what is waited for has come meanwhile.
    ///
    /// What the caller has seen may be over: the way here may have let others onto the loop. So it is looked at again
    /// where nothing can come between.
    private func wait(
        for wish: Waiter.Wish,
        after generation: UInt64 = .max,
        until deadline: Duration?
    ) async throws {
        let key = takeID()
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
                guard !Task.isCancelled else { return continuation.resume(throwing: CancellationError()) }
                if let ending { return continuation.resume(throwing: ending) }
                if wish == .link, isConnected(after: generation) { return continuation.resume() }
                waiters[key] = Waiter(wish: wish, deadline: deadline, continuation: continuation)
                arm(for: deadline)
            }
        } onCancel: {
            loop.execute { self.assumeIsolated { $0.giveUpWaiting(key) } }
        }
    }

    private func giveUpWaiting(_ key: UInt64) {
        waiters.removeValue(forKey: key)?.continuation.resume(throwing: CancellationError())
    }

    /// A link is live.
    func wakeWaiters() {
        for (key, waiter) in waiters.sorted(by: { $0.key < $1.key }) where waiter.wish == .link {
            waiters[key] = nil
            waiter.continuation.resume()
        }
    }

    /// Ends the waits whose time is over.
    func wakeWaiters(at now: Duration) {
        for (key, waiter) in waiters where waiter.deadline.map({ $0 <= now }) ?? false {
            waiters[key] = nil
            switch waiter.wish {
            case .link: waiter.continuation.resume(throwing: SessionError.waitedTooLong)
            case .time: waiter.continuation.resume()
            }
        }
        arm(for: waiters.values.compactMap(\.deadline).min())
    }

    /// The session is over.
    func failWaiters(_ error: SessionError) {
        let waiting = waiters
        waiters = [:]
        for waiter in waiting.values { waiter.continuation.resume(throwing: error) }
    }
}
