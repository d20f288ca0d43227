internal import Synchronization

/// The updates that wait for one shard; bounded in bytes.
package final class ShardMailbox: Sendable {
    fileprivate struct State {
        package var pending: [TopicUpdate] = []
        package var size = 0
        package var isClosed = false
        package var reader: CheckedContinuation<Void, Never>?
        package var limit: Int
    }

    private let state: Mutex<State>

    package init(limit: Int) { state = Mutex(State(limit: limit)) }

    /// Holds at most so many bytes from the next update on.
    package func set(limit: Int) { state.withLock { $0.limit = limit } }

    package func append(_ updates: [TopicUpdate]) {
        let reader = state.withLock { state -> CheckedContinuation<Void, Never>? in
            guard !state.isClosed else { return nil }
            for update in updates {
                state.pending.append(update)
                state.size += update.size
            }
            if state.size > state.limit { state.makeRoom() }
            defer { state.reader = nil }
            return state.reader
        }
        reader?.resume()
    }

    /// Takes all updates that wait, or waits for the next ones; nil once the mailbox is closed and empty.
    package func take() async -> [TopicUpdate]? {
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

    package func close() {
        let reader = state.withLock { state in
            state.isClosed = true
            defer { state.reader = nil }
            return state.reader
        }
        reader?.resume()
    }
}

extension ShardMailbox.State {
    /// Drops the oldest events until the rest is within the limit.
    ///
    /// A topic that lost events gets one gap in their place. Of a topic's dropped statuses the last one is kept. The
    /// newest events are never dropped: a batch that is over the limit by itself would otherwise never arrive.
    fileprivate mutating func makeRoom() {
        var end = 0
        let newest = pending.lastIndex { if case .segment(_, let segment) = $0 { segment.isEvents } else { false } }
        while size > limit, end < newest ?? pending.count {
            size -= pending[end].size
            end += 1
        }
        // A topic's dropped events and gaps become one gap, at the place of the last of them.
        var lastKnown: [TopicID: UInt64] = [:]
        for update in pending[..<end] {
            let before: UInt64
            // What came before has other numbers, and the gap between is told anyhow.
            if case .began(let topic, _) = update { lastKnown[topic] = nil }
            guard case .segment(let topic, let segment) = update else { continue }
            switch segment.content {
            case .events(let first, _): before = first - 1
            case .gap(let after, _): before = after
            case .status, .refused: continue
            }
            lastKnown[topic] = min(lastKnown[topic] ?? before, before)
        }
        var kept: [TopicUpdate] = []
        var states: Set<TopicID> = []
        var refusals: Set<TopicID> = []
        var begun: Set<TopicID> = []
        for update in pending[..<end].reversed() {
            switch update {
            case .segment(let topic, _) where begun.contains(topic): break
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
            case .began(let topic, _):
                if begun.insert(topic).inserted { kept.append(update) }
            case .completed, .opened, .refused, .reclaimed, .planned: kept.append(update)
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
