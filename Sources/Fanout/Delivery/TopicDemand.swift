internal import DequeModule
package import GraphQLTransport

/// The topics of one shard: where they stand, which ones have subscribers, and when the others may go.
///
/// A value without I/O: it gets the time as an argument, and returns the changes for the topics' runner. Topics stand
/// in slots of the shard's list; the slot of a topic that has gone is used again.
package struct TopicDemand {
    /// Where a topic comes from, and how far its making has come.
    package enum Origin: Equatable, Sendable {
        /// The operator named it: it stays until the operator withdraws it.
        case configured(TopicID)
        /// A client's operation whose request, with this number, isn't answered yet.
        case requested(UInt64)
        /// A client's operation that runs as the topic of this index.
        case opened(request: UInt64, topic: TopicID)
        /// It has ended, or the operator has withdrawn it: no subscriber can join.
        case over
    }

    private struct Entry {
        let key: OperationKey
        /// Tells the topic from others in its slot, before and after it.
        let tenant: UInt64
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
        let tenant: UInt64
    }

    /// Whether clients' own operations become topics.
    package private(set) var allowsAny: Bool
    /// Whether equal operations of clients share one topic.
    package private(set) var isShared: Bool
    /// What a new subscriber of a client topic gets first.
    package private(set) var snapshot: TopicDefinition.Snapshot
    private var linger: Duration
    private var slots: [Entry] = []
    /// The slots of the topics that can be joined.
    private var byKey: [OperationKey: Slot] = [:]
    private var byTopic: [TopicID: Slot] = [:]
    private var byRequest: [UInt64: Slot] = [:]
    private var vacant: [Slot] = []
    /// Those of them that `takeVacated` hasn't returned yet.
    private var vacated: [Slot] = []
    private var requestCount: UInt64 = 0
    private var tenantCount: UInt64 = 0
    private var lingering: Deque<Lingering> = []

    /// Makes the demand of a shard without topics.
    package init(policy: DemandPolicy = DemandPolicy()) {
        allowsAny = policy.allowsAnySubscription
        isShared = policy.share == .always
        snapshot = policy.snapshot
        linger = policy.linger
    }

    /// Adds a topic of the operator's; those that a relay begins with are numbered as their slots.
    @discardableResult
    package mutating func configure(_ key: OperationKey, as topic: TopicID? = nil, startsOnDemand: Bool) -> Slot {
        let topic = topic ?? TopicID(slots.count)
        let slot = settle(key, .configured(topic))
        slots[slot].startsOnDemand = startsOnDemand
        byTopic[topic] = slot
        // Of equal topics clients join the first of the operator's; who is at one of clients stays there.
        if byKey[key].map({ !isConfigured($0) }) ?? true { byKey[key] = slot }
        return slot
    }

    /// Takes a topic of the operator's away: no subscriber joins from now on, and its slot is free once the last one
    /// has left.
    package mutating func withdraw(_ slot: Slot) {
        guard case .configured(let topic) = slots[slot].origin else { return }
        byTopic[topic] = nil
        end(slot)
        // Of equal topics clients now join the next.
        let key = slots[slot].key
        guard byKey[key] == nil else { return }
        byKey[key] = slots.indices.lazy.map { Slot($0) }.first { isConfigured($0) && slots[$0].key == key }
    }

    /// Changes when the operation of an operator's topic runs.
    ///
    /// The runner regards a topic that begins to start on demand as wanted by every shard, until each says otherwise.
    package mutating func set(startsOnDemand: Bool, _ slot: Slot, at now: Duration) -> [DemandChange] {
        guard isConfigured(slot), slots[slot].startsOnDemand != startsOnDemand else { return [] }
        slots[slot].startsOnDemand = startsOnDemand
        slots[slot].isAwake = startsOnDemand
        return startsOnDemand && !slots[slot].hasSubscribers ? startLingering(slot, at: now) : []
    }

    /// Goes by another policy from now on; client topics that it wouldn't allow stay until their clients have left.
    package mutating func adopt(_ policy: DemandPolicy) {
        allowsAny = policy.allowsAnySubscription
        isShared = policy.share == .always
        snapshot = policy.snapshot
        if linger != policy.linger { setLinger(policy.linger) }
        if !isShared { byKey = byKey.filter { isConfigured($0.value) } }
    }

    /// Gives a topic a slot.
    private mutating func settle(_ key: OperationKey, _ origin: Origin) -> Slot {
        tenantCount += 1
        let entry = Entry(key: key, tenant: tenantCount, origin: origin)
        guard let slot = vacant.popLast() else {
            slots.append(entry)
            return Slot(slots.count - 1)
        }
        if vacated.last == slot { vacated.removeLast() }
        slots[slot] = entry
        return slot
    }

    // Where topics are.

    /// The topic with an equal operation; nil when there is none that can be joined.
    package func slot(of key: OperationKey) -> Slot? { byKey[key] }

    /// The slot of a topic that runs; nil when this shard doesn't know it, or has let go of it.
    package func slot(of topic: TopicID) -> Slot? { byTopic[topic] }

    /// The slot of the topic that an update is about; nil when this shard has let go of it, or it is about all.
    package func slot(of update: TopicUpdate) -> Slot? {
        switch update {
        case .segment(let topic, _), .failed(let topic, _), .completed(let topic), .reclaimed(let topic),
            .began(let topic, _):
            byTopic[topic]
        case .opened(let request, _, _), .refused(let request, _):
            byRequest[request]
        case .planned: nil
        }
    }

    /// Tells the topic in a slot from others there; nil when it has ended.
    package func number(of slot: Slot) -> UInt64? { slots[slot].origin == .over ? nil : slots[slot].tenant }

    /// Whether the topic in a slot is one of the operator's.
    package func isConfigured(_ slot: Slot) -> Bool {
        if case .configured = slots[slot].origin { true } else { false }
    }

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
        let slot = settle(key, .requested(requestCount))
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
        end(slot)
    }

    private mutating func end(_ slot: Slot) {
        slots[slot].origin = .over
        if byKey[slots[slot].key] == slot { byKey[slots[slot].key] = nil }
        if !slots[slot].hasSubscribers { vacate(slot) }
    }

    private mutating func vacate(_ slot: Slot) {
        vacant.append(slot)
        vacated.append(slot)
    }

    /// The slots that have become free since the last call, and still are.
    package mutating func takeVacated() -> [Slot] {
        defer { vacated = [] }
        return vacated
    }

    // Who listens.

    /// Notes that a topic has its first subscriber.
    package mutating func gained(_ slot: Slot) -> [DemandChange] {
        slots[slot].hasSubscribers = true
        if slots[slot].isIdle {
            slots[slot].isIdle = false
            switch slots[slot].origin {
            case .requested(let number), .opened(let number, _): return [.busy(request: number)]
            case .configured, .over: break
            }
        }
        guard case .configured(let topic) = slots[slot].origin, slots[slot].startsOnDemand, !slots[slot].isAwake else {
            return []
        }
        slots[slot].isAwake = true
        return [.wake(topic: topic)]
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
            vacate(slot)
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
            guard number(of: first.slot) == first.tenant else { continue }
            slots[first.slot].isLingering = false
            guard !slots[first.slot].hasSubscribers else { continue }
            let due = slots[first.slot].emptySince + linger
            guard due <= now else {
                slots[first.slot].isLingering = true
                let place = lingering.firstIndex { $0.due > due } ?? lingering.endIndex
                lingering.insert(Lingering(due: due, slot: first.slot, tenant: first.tenant), at: place)
                continue
            }
            changes += letGo(first.slot)
        }
        return changes
    }

    /// Has topics linger for another time from now on, those that do so already too.
    private mutating func setLinger(_ time: Duration) {
        linger = time
        let still = lingering.filter { number(of: $0.slot) == $0.tenant }.map { entry in
            Lingering(due: slots[entry.slot].emptySince + time, slot: entry.slot, tenant: entry.tenant)
        }
        lingering = Deque(still.sorted { $0.due < $1.due })
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
        lingering.append(Lingering(due: now + linger, slot: slot, tenant: slots[slot].tenant))
        return changes
    }

    /// Ends the shard's demand for a topic.
    private mutating func letGo(_ slot: Slot) -> [DemandChange] {
        switch slots[slot].origin {
        case .configured(let topic):
            // It may have begun to run always meanwhile.
            guard slots[slot].isAwake else { return [] }
            slots[slot].isAwake = false
            return [.rest(topic: topic)]
        case .requested(let number), .opened(let number, _):
            retire(slot)
            return [.release(request: number)]
        case .over:
            return []
        }
    }
}
