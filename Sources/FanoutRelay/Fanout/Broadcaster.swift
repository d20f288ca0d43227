internal import Synchronization

/// Sends what happens on the topics to every shard, as an `AsyncStream` of batches for each.
///
/// A shard takes everything that arrived since its last sweep as one element, so that a burst becomes one write for
/// each connection. What waits for a shard is bounded in bytes; over that the oldest goes and a gap takes its place.
package final class Broadcaster: Sendable {
    private let mailboxes: [ShardMailbox]

    /// Makes one with a mailbox for each shard, of at most `limit` payload bytes.
    package init(shards: Int, limit: Int) {
        mailboxes = (0..<shards).map { _ in ShardMailbox(limit: limit) }
    }

    /// The batches for a shard; for one reader.
    ///
    /// Read them in a task that prefers the shard's loop: else each batch takes its way over the shared pool.
    package func batches(for shard: Int) -> AsyncStream<[TopicUpdate]> {
        let mailbox = mailboxes[shard]
        return AsyncStream {
            await mailbox.take()
        } onCancel: {
            mailbox.close()
        }
    }

    /// Hands updates to every shard.
    package func publish(_ updates: [TopicUpdate]) {
        guard !updates.isEmpty else { return }
        for mailbox in mailboxes { mailbox.append(updates) }
    }

    /// Hands updates to some of the shards.
    package func publish(_ updates: [TopicUpdate], to shards: Set<Int>) {
        guard !updates.isEmpty else { return }
        for shard in shards { mailboxes[shard].append(updates) }
    }

    /// Ends all streams after what waits.
    package func close() {
        for mailbox in mailboxes { mailbox.close() }
    }
}

/// What waits for one shard.
final class ShardMailbox: Sendable {
    fileprivate struct State {
        var pending: [TopicUpdate] = []
        var size = 0
        var isClosed = false
        var reader: CheckedContinuation<Void, Never>?
    }

    private let limit: Int
    private let state = Mutex(State())

    init(limit: Int) { self.limit = limit }

    func append(_ updates: [TopicUpdate]) {
        let reader = state.withLock { state -> CheckedContinuation<Void, Never>? in
            guard !state.isClosed else { return nil }
            for update in updates {
                state.pending.append(update)
                state.size += update.size
            }
            if state.size > limit { state.makeRoom(limit) }
            defer { state.reader = nil }
            return state.reader
        }
        reader?.resume()
    }

    /// Everything that waits, or else what comes next; nil when closed.
    func take() async -> [TopicUpdate]? {
        while true {
            let (updates, isClosed) = state.withLock { state in
                defer {
                    state.pending = []
                    state.size = 0
                }
                return (state.pending, state.isClosed)
            }
            if !updates.isEmpty { return updates }
            if isClosed { return nil }
            await withCheckedContinuation { continuation in
                let mustWait = state.withLock { state in
                    guard state.pending.isEmpty, !state.isClosed else { return false }
                    state.reader = continuation
                    return true
                }
                if !mustWait { continuation.resume() }
            }
        }
    }

    func close() {
        let reader = state.withLock { state in
            state.isClosed = true
            defer { state.reader = nil }
            return state.reader
        }
        reader?.resume()
    }
}

extension ShardMailbox.State {
    /// Drops the oldest events; each topic that lost some gets one gap where they were, and of its states the last stays.
    ///
    /// The newest ones stay, however large they are: else what is over the limit by itself would never arrive.
    fileprivate mutating func makeRoom(_ limit: Int) {
        var end = 0
        let newest = pending.lastIndex { if case .segment(_, let segment) = $0 { segment.isEvents } else { false } }
        while size > limit, end < newest ?? pending.count {
            size -= pending[end].size
            end += 1
        }
        // What a topic lost in several pieces, and gaps among them, become one gap at the place of the last piece.
        var lastKnown: [Int: UInt64] = [:]
        for case .segment(let topic, let segment) in pending[..<end] {
            let before: UInt64
            switch segment.content {
            case .events(let first, _): before = first - 1
            case .gap(let after, _): before = after
            case .status, .refused: continue
            }
            lastKnown[topic] = min(lastKnown[topic] ?? before, before)
        }
        var kept: [TopicUpdate] = []
        var states: Set<Int> = []
        var refusals: Set<Int> = []
        for update in pending[..<end].reversed() {
            switch update {
            case .segment(let topic, let segment):
                if segment.isStatus {
                    if states.insert(topic).inserted { kept.append(update) }
                } else if let before = lastKnown.removeValue(forKey: topic) {
                    if case .gap(before, _) = segment.content {
                        kept.append(update)
                    } else {
                        let gap = Segment(
                            .gap(after: before, reason: "the relay's shard fell behind"),
                            at: segment.time
                        )
                        kept.append(.segment(topic: topic, gap))
                    }
                }
            case .failed(let topic, _): if refusals.insert(topic).inserted { kept.append(update) }
            case .completed, .opened, .refused, .reclaimed: kept.append(update)
            }
        }
        for update in kept { size += update.size }
        pending.replaceSubrange(..<end, with: kept.reversed())
    }
}

extension Segment {
    fileprivate var isStatus: Bool {
        if case .status = content { true } else { false }
    }

    fileprivate var isEvents: Bool {
        if case .events = content { true } else { false }
    }
}
