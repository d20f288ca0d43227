internal import DequeModule
package import GraphQLTransport

/// The topics of one shard: where they stand, which ones have subscribers, and when the others may go.
///
/// A value without I/O: it gets the time as an argument, and returns the changes for the topics' runner. Topics stand
/// in slots of the shard's list: first the operator's, which stay, then those of clients, whose slots are used again.
package struct TopicDemand {
    /// Where a topic comes from, and how far its making has come.
    package enum Origin: Equatable, Sendable {
        /// The operator named it: it stays.
        case configured
        /// A client's operation whose request, with this number, isn't answered yet.
        case requested(UInt64)
        /// A client's operation that runs as the topic of this index.
        case opened(request: UInt64, topic: TopicID)
        /// A client's operation that has ended: no subscriber can join.
        case over

        /// Tells a topic from later ones in its slot: the request's number, 0 for the operator's; nil when it has
        /// ended.
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
        /// For a topic that starts on demand: true from `wake` until `rest`.
        var isAwake = false
        var hasSubscribers = false
        /// When it lost its last subscriber.
        var emptySince = Duration.zero
        /// True while `lingering` has an entry for it.
        var isLingering = false
        /// For a client topic: true when the runner was told `idle`, and not `busy` since.
        var isIdle = false
    }

    /// An entry to look at a topic that has lost its last subscriber, after the linger time.
    private struct Lingering {
        let due: Duration
        let slot: Slot
        /// Tells the topic from later ones in the slot.
        let number: UInt64?
    }

    /// Whether clients' own operations become topics.
    package let allowsAny: Bool
    /// Whether equal operations of clients share one topic.
    package let isShared: Bool
    /// What a new subscriber of a client topic gets first.
    package let snapshot: TopicDefinition.Snapshot
    /// How many topics the operator named; they have the first slots.
    package private(set) var configured = 0
    private let linger: Duration
    private var slots: [Entry] = []
    /// The slots of the topics that can be joined.
    private var byKey: [OperationKey: Slot] = [:]
    private var byTopic: [TopicID: Slot] = [:]
    private var byRequest: [UInt64: Slot] = [:]
    private var vacant: [Slot] = []
    private var requestCount: UInt64 = 0
    private var lingering: Deque<Lingering> = []

    /// Makes the demand of a shard without topics.
    package init(policy: DemandPolicy = DemandPolicy()) {
        allowsAny = policy.allowsAnySubscription
        isShared = policy.share == .always
        snapshot = policy.snapshot
        linger = policy.linger
    }

    /// Adds a topic of the operator's.
    ///
    /// All of these come before the first request of a client.
    package mutating func configure(_ key: OperationKey, startsOnDemand: Bool) {
        var slot = Entry(key: key, origin: .configured)
        slot.startsOnDemand = startsOnDemand
        // Of equal topics, clients join the first.
        if byKey[key] == nil { byKey[key] = Slot(slots.count) }
        slots.append(slot)
        configured += 1
    }

    // Where topics are.

    /// The topic with an equal operation; nil when there is none that can be joined.
    package func slot(of key: OperationKey) -> Slot? { byKey[key] }

    /// The slot of the topic that an update is about; nil when this shard has let go of it.
    package func slot(of update: TopicUpdate) -> Slot? {
        switch update {
        case .segment(let index, _), .failed(let index, _), .completed(let index), .reclaimed(let index):
            index.number < configured ? Slot(index.number) : byTopic[index]
        case .opened(let request, _, _), .refused(let request, _):
            byRequest[request]
        }
    }

    /// Tells the topic in a slot from later ones there: 0 for the operator's; nil when it has ended.
    package func number(of slot: Slot) -> UInt64? { slots[slot].origin.number }

    /// The slots that can be used again, for tests.
    var vacancies: Int { vacant.count }

    // What clients ask for.

    /// Makes a client topic for an operation that no topic has; others can join at once.
    ///
    /// It lingers from now on, because the client that asked for it may leave before it joins.
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

    /// Notes that a request runs as a topic; false when the slot doesn't wait for one.
    package mutating func open(_ slot: Slot, as topic: TopicID) -> Bool {
        guard case .requested(let number) = slots[slot].origin else { return false }
        byRequest[number] = nil
        byTopic[topic] = slot
        slots[slot].origin = .opened(request: number, topic: topic)
        return true
    }

    /// Ends a client topic: no subscriber joins from now on, and its slot is free once the last one has left.
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

    /// Notes that a topic has its first subscriber.
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

    /// Notes that a topic has lost its last subscriber.
    package mutating func lost(_ slot: Slot, at now: Duration) -> [DemandChange] {
        slots[slot].hasSubscribers = false
        switch slots[slot].origin {
        case .requested, .opened:
            // A topic that isn't shared can't be joined by others, so that lingering would serve nobody.
            return isShared ? startLingering(slot, at: now) : letGo(slot)
        case .configured: return startLingering(slot, at: now)
        case .over:
            vacant.append(slot)
            return []
        }
    }

    /// Lets go of an interrupted topic without subscribers, so that it isn't restarted for nobody.
    package mutating func interrupted(_ slot: Slot) -> [DemandChange] {
        guard slots[slot].isLingering, !slots[slot].hasSubscribers else { return [] }
        slots[slot].isLingering = false
        lingering.removeAll { $0.slot == slot }
        return letGo(slot)
    }

    /// Answers the runner, which needs the place of a topic: `release`, or `kept` when it has subscribers.
    package mutating func reclaimed(_ slot: Slot) -> [DemandChange] {
        guard case .opened(let number, _) = slots[slot].origin else { return [] }
        return slots[slot].hasSubscribers ? [.kept(request: number)] : letGo(slot)
    }

    // Time.

    /// When the first lingering topic is due; nil when none lingers.
    package var due: Duration? { lingering.first?.due }

    /// Lets go of the topics whose linger time is over and that have no subscriber.
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

    /// Keeps a topic without subscribers for the linger time.
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

    /// Ends the shard's demand for a topic.
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
