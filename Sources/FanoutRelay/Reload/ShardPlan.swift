internal import Fanout

/// What a shard goes by from one moment on: it is made and checked as a whole before anything changes.
struct ShardPlan: Sendable {
    /// The operator's topics: those that the shard doesn't know are new.
    let topics: [OfferedTopic]
    /// The topics that are offered no more.
    let removed: [TopicID]
    let demand: DemandPolicy
    let lag: LagPolicy
    let routes: Routes
    let admission: Admission
    let flushInterval: Duration
}

/// The plan that a shard has been handed, until the topics' updates say that it holds; and who waits for that.
struct AwaitedPlan {
    private var plan: ShardPlan?
    private var waiting: [CheckedContinuation<Void, Never>] = []
    private var hasEnded = false

    /// Keeps a plan, unless no more updates come.
    mutating func put(_ plan: ShardPlan) {
        if !hasEnded { self.plan = plan }
    }

    /// The plan that holds now; nil when none was handed over.
    mutating func take() -> ShardPlan? {
        defer { release() }
        return plan.take()
    }

    /// Resumes the caller when no plan is awaited any more.
    mutating func wait(_ continuation: CheckedContinuation<Void, Never>) {
        if plan == nil { continuation.resume() } else { waiting.append(continuation) }
    }

    /// Notes that no more updates come.
    mutating func end() {
        hasEnded = true
        plan = nil
        release()
    }

    private mutating func release() {
        let waiting = waiting
        self.waiting = []
        for continuation in waiting { continuation.resume() }
    }
}

extension Shard {
    /// Takes a plan that holds from the next `TopicUpdate.planned` on.
    func prepare(_ plan: ShardPlan) { awaitedPlan.put(plan) }

    /// Returns when the plan of `prepare` holds, or when that will never be, because the shard ends.
    func planHolds() async {
        await withCheckedContinuation { awaitedPlan.wait($0) }
    }

    /// Goes by the plan that was handed over.
    ///
    /// It happens between two updates, so that no topic has events here before it is known, or after it is gone.
    func adoptPlan(at now: Duration) {
        guard let plan = awaitedPlan.take() else { return }
        for topic in plan.removed { withdraw(topic) }
        demand.adopt(plan.demand)
        // Topics may linger for another time, and those that nobody listened to have gone.
        tell([])
        lagOfClientTopics = plan.lag.ofClientTopics
        for index in topics.indices {
            topics[index].adopt(topics[index].request == nil ? plan.lag : lagOfClientTopics)
        }
        let slots = plan.topics.map { offer($0, plan.lag, at: now) }
        operations = OperationIndex(
            names: plan.topics.map(\.definition.name),
            outlines: plan.topics.map(\.outline),
            slots: slots
        )
        door = HandshakeDoor(routes: plan.routes, statistics: statistics)
        subjectPlaces.use(routes.subjects)
        admission = plan.admission
        overhead.set(rate: admission.allowedMessageRate)
        flushInterval = plan.flushInterval
    }

    /// Ends the operations and connections of a topic's clients, after the events that came before.
    private func withdraw(_ topic: TopicID) {
        guard let slot = demand.slot(of: topic) else { return }
        noteSweep(of: slot)
        for subscriber in topics[slot].audience.all where subscriber.ending == nil {
            endCompleted(subscriber, of: slot)
        }
        demand.withdraw(slot)
    }

    /// Has an operation end as completed, after the events that came before.
    func endCompleted(_ subscriber: Subscriber, of slot: Slot) {
        subscriber.ending = Subscriber.Ending(position: topics[slot].backlog.head, reason: .completed)
    }

    /// Changes a topic that is here, or begins one.
    private func offer(_ topic: OfferedTopic, _ policy: LagPolicy, at now: Duration) -> Slot {
        let isOnDemand = topic.definition.start == .demand
        guard let slot = demand.slot(of: topic.id) else {
            let slot = demand.configure(topic.key, as: topic.id, startsOnDemand: isOnDemand)
            settle(topic.shardTopic(policy), in: slot)
            return slot
        }
        topics[slot].adopt(policy, topic.definition)
        tell(demand.set(startsOnDemand: isOnDemand, slot, at: now))
        return slot
    }
}
