#if Cluster
internal import Synchronization

/// What has arrived for one subscription on one connection and waits for the loop.
///
/// libnats' thread appends, the loop takes all at once: a burst costs the loop one wake-up.
final class NATSMailbox: Sendable {
    private struct State {
        var messages: [NATSMessage] = []
        var bytes = 0
        var isIncomplete = false
        /// Whether the loop has been told and hasn't taken since.
        var isAnnounced = false
    }

    /// The subscription's number at its link.
    let subscription: Int
    let subject: String
    let limit: NATSLinkConfiguration.PendingLimit
    private let state = Mutex(State())

    init(subscription: Int, subject: String, limit: NATSLinkConfiguration.PendingLimit) {
        self.subscription = subscription
        self.subject = subject
        self.limit = limit
    }

    /// Keeps a message, or drops it when too much waits; true if the loop has to be told.
    func append(_ message: NATSMessage) -> Bool {
        state.withLock { state in
            // After the first loss all is dropped until the loop has taken what came before it: one hole, not many.
            if state.isIncomplete || state.messages.count >= limit.messages
                || state.bytes > limit.bytes - message.weight
            {
                state.isIncomplete = true
            } else {
                state.messages.append(message)
                state.bytes += message.weight
            }
            defer { state.isAnnounced = true }
            return !state.isAnnounced
        }
    }

    /// Notes that messages were dropped before they got here; true if the loop has to be told.
    func noteLoss() -> Bool {
        state.withLock { state in
            state.isIncomplete = true
            defer { state.isAnnounced = true }
            return !state.isAnnounced
        }
    }

    /// What waits, in order, and whether something is missing after it.
    func take() -> (messages: [NATSMessage], isIncomplete: Bool) {
        state.withLock { state in
            defer { state = State() }
            return (state.messages, state.isIncomplete)
        }
    }
}
#endif
