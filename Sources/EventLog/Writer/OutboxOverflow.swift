/// What a full outbox dropped of one topic, to be told once there is room.
///
/// However much is dropped, it costs little: the events are counted, of each kind of state the last one is kept.
struct OutboxOverflow {
    private var events: UInt64 = 0
    private var gap: String?
    private var states: [TopicEntry] = []

    /// Notes an entry that is dropped, and how many events that are.
    mutating func note(_ entry: TopicEntry) -> UInt64 {
        switch entry {
        case .events(let payloads, _):
            events += UInt64(payloads.count)
            return UInt64(payloads.count)
        case .gap(let reason): gap = reason
        case .status, .failed, .opened, .completed, .ended, .refused, .began:
            // A topic that is opened again goes on, with a gap in place of its end.
            states.removeAll { $0.isSameKind(as: entry) || entry == .opened && $0.isEnd }
            states.append(entry)
        // There will be others.
        case .checkpoint: break
        }
        return 0
    }

    /// What is told in place of all that was dropped: where the numbers begin, one gap, and the states.
    var entries: [TopicEntry] {
        let begins = states.filter(\.isBeginning)
        let reason = events > 0 ? "\(events) events were dropped before the relays' log had room for them" : gap
        return begins + (reason.map { [.gap(reason: $0)] } ?? []) + states.filter { !$0.isBeginning }
    }
}

extension TopicEntry {
    fileprivate var isBeginning: Bool {
        switch self {
        case .began, .opened: true
        default: false
        }
    }

    fileprivate var isEnd: Bool {
        switch self {
        case .completed, .ended, .refused: true
        default: false
        }
    }

    fileprivate func isSameKind(as other: TopicEntry) -> Bool {
        switch (self, other) {
        case (.status, .status), (.failed, .failed), (.opened, .opened), (.completed, .completed),
            (.ended, .ended), (.refused, .refused), (.began, .began):
            true
        default: false
        }
    }

    /// About what it costs in memory while it waits.
    var cost: Int {
        switch self {
        case .events(let payloads, _): TopicRecord.events(payloads).cost
        case .failed(let errors): TopicRecord.failed(errors: errors).cost
        case .gap, .status, .refused, .completed, .ended, .opened, .began, .checkpoint: TopicRecord.completed.cost
        }
    }
}

extension LogRecord.Content {
    /// About what it costs in memory while it waits; the pieces of a record cost as much as the whole.
    var cost: Int {
        if case .topic(_, let record) = self { record.cost } else { 0 }
    }
}

extension TopicRecord {
    /// What a payload costs beside its bytes.
    private static let overhead = 64

    fileprivate var cost: Int {
        switch self {
        case .events(let payloads): payloads.bytes.count + Self.overhead * payloads.count
        case .part(let part): part.bytes.count + (part.index == part.count - 1 ? Self.overhead : 0)
        case .failed(let errors): errors.count + Self.overhead
        case .gap, .status, .refused, .completed, .ended, .opened, .began: 4 * Self.overhead
        case .checkpoint(let checkpoint): (checkpoint.lastPayload?.count ?? 0) + 4 * Self.overhead
        }
    }
}
