internal import DequeModule
package import GraphQLTransport

/// Which topics one shard has, who is wanted of them, and when they may go.
///
/// A value without I/O: time comes in, and what the topics' runner has to be told comes out. Topics stand in slots of
/// the shard's list: the operator's first, for good, then those that clients asked for, whose slots are used again.
package struct TopicDemand {
    /// Where a topic comes from, and how far it has come.
    package enum Origin: Equatable, Sendable {
        /// The operator named it: it stays.
        case configured
        /// A client's operation; the request of this number isn't answered yet.
        case requested(UInt64)
        /// A client's operation that runs as this topic.
        case opened(request: UInt64, topic: TopicID)
        /// A client's operation that has ended: nobody joins any more.
        case over

        /// Tells a topic from a later tenant of its slot: the request's number, 0 for the operator's; nil when it is over.
        package var number: UInt64? {
            switch self {
            case .configured: 0
            case .requested(let number), .opened(let number, _): number
            case .over: nil
            }
        }
    }

    private struct Entry {
        let key: OperationKey
        var origin: Origin
        /// Whether an operator's topic runs only while somebody listens.
        var startsOnDemand = false
        /// True from its first subscriber on until it was told that nobody listens; for one that starts on demand.
        var isAwake = false
        var hasSubscribers = false
        /// When it lost its last subscriber.
        var emptySince = Duration.zero
        /// True while it is looked at again after a while.
        var isLingering = false
        /// True when it was told that nobody listens just now; for one that clients asked for.
        var isIdle = false
    }

    /// A topic that has lost its last subscriber.
    private struct Lingering {
        let due: Duration
        let slot: Slot
        /// Tells it from a later tenant of the slot.
        let number: UInt64?
    }

    /// Whether clients' own operations become topics.
    package let allowsAny: Bool
    /// Whether equal ones are one topic.
    package let isShared: Bool
    /// What a new subscriber of a client topic gets first.
    package let snapshot: TopicDefinition.Snapshot
    /// How many topics the operator named: they come first.
    package private(set) var configured = 0
    private let linger: Duration
    private var slots: [Entry] = []
    /// The topics that can be joined, by what makes an operation equal.
    private var byKey: [OperationKey: Slot] = [:]
    private var byTopic: [TopicID: Slot] = [:]
    private var byRequest: [UInt64: Slot] = [:]
    private var vacant: [Slot] = []
    private var requestCount: UInt64 = 0
    private var lingering: Deque<Lingering> = []

    /// Of a shard without topics.
    package init(policy: DemandPolicy = DemandPolicy()) {
        allowsAny = policy.allowsAnySubscription
        isShared = policy.share == .always
        snapshot = policy.snapshot
        linger = policy.linger
    }

    /// Takes a topic of the operator's; before any that clients ask for.
    package mutating func configure(_ key: OperationKey, startsOnDemand: Bool) {
        var slot = Entry(key: key, origin: .configured)
        slot.startsOnDemand = startsOnDemand
        // Of equal ones the first is joined.
        if byKey[key] == nil { byKey[key] = Slot(slots.count) }
        slots.append(slot)
        configured += 1
    }

    // Where topics are.

    /// The topic with an equal operation; nil when there is none that can be joined.
    package func slot(of key: OperationKey) -> Slot? { byKey[key] }

    /// Where the topic is that an update is about; nil when nobody here wants it any more.
    package func slot(of update: TopicUpdate) -> Slot? {
        switch update {
        case .segment(let index, _), .failed(let index, _), .completed(let index), .reclaimed(let index):
            index.number < configured ? Slot(index.number) : byTopic[index]
        case .opened(let request, _, _), .refused(let request, _):
            byRequest[request]
        }
    }

    /// What tells the tenant of a slot from later ones: 0 for the operator's; nil when it is over.
    package func number(of slot: Slot) -> UInt64? { slots[slot].origin.number }

    /// The slots that can be used again, for tests.
    var vacancies: Int { vacant.count }

    // What clients ask for.

    /// A client asks for an operation that no topic has; it can be joined at once.
    ///
    /// Whoever asked may not join after all: it lingers from now on.
    package mutating func request(
        _ key: OperationKey,
        at now: Duration
    ) -> (slot: Slot, number: UInt64, changes: [DemandChange]) {
        requestCount += 1
        let slot = vacant.popLast() ?? Slot(slots.count)
        let tenant = Entry(key: key, origin: .requested(requestCount))
        if slot.index == slots.count { slots.append(tenant) } else { slots[slot] = tenant }
        if isShared { byKey[key] = slot }
        byRequest[requestCount] = slot
        return (slot, requestCount, startLingering(slot, at: now))
    }

    /// What was asked for runs as a topic; false when nobody waits for that.
    package mutating func open(_ slot: Slot, as topic: TopicID) -> Bool {
        guard case .requested(let number) = slots[slot].origin else { return false }
        byRequest[number] = nil
        byTopic[topic] = slot
        slots[slot].origin = .opened(request: number, topic: topic)
        return true
    }

    /// A client topic has ended: nobody joins it any more, and its slot is free once the last one has left.
    package mutating func retire(_ slot: Slot) {
        switch slots[slot].origin {
        case .configured, .over: return
        case .requested(let number): byRequest[number] = nil
        case .opened(_, let topic): byTopic[topic] = nil
        }
        slots[slot].origin = .over
        if byKey[slots[slot].key] == slot { byKey[slots[slot].key] = nil }
        if !slots[slot].hasSubscribers { vacant.append(slot) }
    }

    // Who listens.

    /// A topic has a subscriber.
    package mutating func gained(_ slot: Slot) -> [DemandChange] {
        slots[slot].hasSubscribers = true
        if slots[slot].isIdle {
            slots[slot].isIdle = false
            if let number = slots[slot].origin.number { return [.busy(request: number)] }
        }
        guard slots[slot].startsOnDemand, !slots[slot].isAwake else { return [] }
        slots[slot].isAwake = true
        return [.wake(topic: TopicID(slot.index))]
    }

    /// A topic has lost its last subscriber.
    package mutating func lost(_ slot: Slot, at now: Duration) -> [DemandChange] {
        slots[slot].hasSubscribers = false
        switch slots[slot].origin {
        case .requested, .opened:
            // Where nobody can join it, it need not wait.
            return isShared ? startLingering(slot, at: now) : letGo(slot)
        case .configured: return startLingering(slot, at: now)
        case .over:
            vacant.append(slot)
            return []
        }
    }

    /// A topic was interrupted: one that nobody listens to isn't started again for nobody.
    package mutating func interrupted(_ slot: Slot) -> [DemandChange] {
        guard slots[slot].isLingering, !slots[slot].hasSubscribers else { return [] }
        slots[slot].isLingering = false
        lingering.removeAll { $0.slot == slot }
        return letGo(slot)
    }

    /// The runner needs a topic's place.
    package mutating func reclaimed(_ slot: Slot) -> [DemandChange] {
        guard case .opened(let number, _) = slots[slot].origin else { return [] }
        return slots[slot].hasSubscribers ? [.kept(request: number)] : letGo(slot)
    }

    // Time.

    /// When the next topic that nobody listens to is to be looked at; nil when there is none.
    package var due: Duration? { lingering.first?.due }

    /// Lets go of the topics that nobody came for until now.
    package mutating func advance(to now: Duration) -> [DemandChange] {
        var changes: [DemandChange] = []
        while let first = lingering.first, first.due <= now {
            lingering.removeFirst()
            guard slots[first.slot].origin.number == first.number else { continue }
            slots[first.slot].isLingering = false
            guard !slots[first.slot].hasSubscribers else { continue }
            let due = slots[first.slot].emptySince + linger
            guard due <= now else {
                slots[first.slot].isLingering = true
                let place = lingering.firstIndex { $0.due > due } ?? lingering.endIndex
                lingering.insert(Lingering(due: due, slot: first.slot, number: first.number), at: place)
                continue
            }
            changes += letGo(first.slot)
        }
        return changes
    }

    /// Nobody listens to a topic: it is let go of in a while, unless somebody comes.
    private mutating func startLingering(_ slot: Slot, at now: Duration) -> [DemandChange] {
        var changes: [DemandChange] = []
        switch slots[slot].origin {
        case .configured: guard slots[slot].isAwake else { return [] }
        case .requested(let number), .opened(let number, _):
            slots[slot].isIdle = true
            changes = [.idle(request: number)]
        case .over: return []
        }
        slots[slot].emptySince = now
        // One entry for each topic, however often subscribers come and go.
        guard !slots[slot].isLingering else { return changes }
        slots[slot].isLingering = true
        lingering.append(Lingering(due: now + linger, slot: slot, number: slots[slot].origin.number))
        return changes
    }

    /// Nobody listens to a topic any more.
    private mutating func letGo(_ slot: Slot) -> [DemandChange] {
        switch slots[slot].origin {
        case .configured:
            slots[slot].isAwake = false
            return [.rest(topic: TopicID(slot.index))]
        case .requested(let number), .opened(let number, _):
            retire(slot)
            return [.release(request: number)]
        case .over:
            return []
        }
    }
}
