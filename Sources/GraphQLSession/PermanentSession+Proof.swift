internal import WebSockets

/// Whether a subscription works, before it is read.
extension PermanentSession {
    /// Waits until the server says something to a subscription, or nothing for a while; call it before it is read.
    ///
    /// - Returns: False when nothing can be read from it but its end.
    package func proves(_ subscription: Subscription, within timeout: Duration) async -> Bool {
        let mailbox = subscription.mailbox
        let timer = LoopTimer(on: loop) { mailbox.wake() }
        timer.start(after: timeout)
        defer { timer.close() }
        await mailbox.arrival(isolation: self)
        return !mailbox.isOver
    }
}
