/// Which topics of a partition the relays of a group want together.
///
/// Each relay that may lead keeps one, so that a new leader has it at once. A machine without I/O and clock: what
/// changes comes back as actions, at the leader and at all others alike.
package struct DemandTable {
    /// What has changed, in order.
    package enum Action: Equatable, Sendable {
        /// A relay wants the topic, and none did; or how to ask for it is known now, and wasn't.
        case wanted(TopicHash, DemandRequest?)
        /// Nobody wants the topic any more.
        case unwanted(TopicHash)
        /// A relay wants the topic in vain, and so do all others that want it.
        case refused(TopicHash, DemandRefusal)
        /// The relay is to send its whole set.
        case resync(DemandRelay)
    }

    private let timing: LogTiming
    private let limits: DemandLimits
    private var relays: [String: RelayDemand] = [:]
    private var topics: [TopicHash: TopicDemand] = [:]
    /// The sum of the relays' topics.
    private var places = 0
    /// Topics that somebody is believed to want, and until when.
    private var adopted: Set<TopicHash> = []
    private var adoptedUntil: Duration = .zero
    private var isConnected = true
    /// When something may end; it may have been put off since.
    private var check: Duration?
    private var actions: [Action] = []

    package private(set) var counts = DemandCounts()
    /// Bytes of all requests.
    package private(set) var requestBytes = 0

    /// - Parameter timing: The same in the whole group.
    package init(timing: LogTiming, limits: DemandLimits = DemandLimits()) {
        self.timing = timing
        self.limits = limits
    }

    /// When `tick` is due; nil when nothing is.
    package var deadline: Duration? { isConnected ? check : nil }

    /// The topics that relays want, in no order.
    package var wanted: [DemandedTopic] {
        topics.lazy.filter { $1.relays > 0 }.map { DemandedTopic($0, $1.request) }
    }

    /// How to ask for a topic; nil for one that nobody wants, and for the operator's.
    package func request(for topic: TopicHash) -> DemandRequest? { topics[topic]?.request }

    /// Whether a relay wants the topic, or somebody is believed to.
    package func isWanted(_ topic: TopicHash) -> Bool { topics[topic] != nil }

    /// How many relays are remembered.
    package var relayCount: Int { relays.count }

    // MARK: What is told

    /// Takes what a relay says.
    ///
    /// - Parameter isLeader: Whether the table's owner leads the partition: only a leader asks for whole sets.
    package mutating func take(_ report: DemandReport, isLeader: Bool, now: Duration) -> [Action] {
        let node = report.relay.node
        if relays[node] == nil { enter(report.relay, now: now) }
        guard var relay = relays.removeValue(forKey: node) else {
            refuse(report.content)
            return drain()
        }
        if report.relay.incarnation > relay.incarnation {
            // Until its whole set is known the new process counts as wanting what the former one did: the same clients
            // will ask for the same.
            relay.begin(report.relay.incarnation)
        }
        if report.relay.incarnation < relay.incarnation || relay.isLate(report) {
            counts.late += 1
        } else {
            relay.heard = now
            let isSound = take(report, of: &relay)
            if !isSound {
                counts.holes += 1
                if isLeader { ask(&relay, node, now) }
            }
        }
        relays[node] = relay
        return drain()
    }

    /// Believes that somebody wants these topics, until a time: what a new leader knows from the log, as it can't have
    /// heard all relays yet.
    ///
    /// - Parameter until: The end of `demandLifetime` from now on; a later one of a former call stays.
    package mutating func adopt(_ topics: some Sequence<TopicHash>, until: Duration) {
        for topic in topics where adopted.insert(topic).inserted {
            self.topics[topic, default: TopicDemand()].isAdopted = true
        }
        guard !adopted.isEmpty else { return }
        adoptedUntil = max(adoptedUntil, until)
        check = min(check ?? adoptedUntil, adoptedUntil)
    }

    /// Notes that a topic has ended for all who wanted it: who wants it from now on wants another one, and `wanted` is
    /// told again, even before those who wanted it have let go of it.
    package mutating func drop(_ topic: TopicHash) { topics[topic]?.isTold = false }

    /// Nothing can be heard from now on, so that silence means nothing.
    package mutating func disconnected() { isConnected = false }

    /// Relays can be heard again.
    package mutating func reconnected(now: Duration) {
        isConnected = true
        putOff(now: now)
    }

    /// Lets go what was believed for too long.
    package mutating func tick(now: Duration) -> [Action] {
        guard let check = deadline, now >= check else { return [] }
        // A process that stood still, as a machine that sleeps does, hasn't heard what was said meanwhile.
        if now > check + timing.lease { putOff(now: now) }
        let lifetime = timing.demandLifetime
        let ended = relays.filter { $1.heard + lifetime <= now }.keys.sorted()
        for node in ended {
            guard var relay = relays.removeValue(forKey: node) else { continue }
            removeAll(of: &relay)
        }
        if !adopted.isEmpty, adoptedUntil <= now {
            for topic in adopted.sorted() {
                topics[topic]?.isAdopted = false
                forgetIfUnwanted(topic)
            }
            adopted = []
        }
        let ends = relays.values.lazy.map { $0.heard + lifetime }.min()
        self.check = adopted.isEmpty ? ends : min(ends ?? adoptedUntil, adoptedUntil)
        return drain()
    }

    /// All relays count as heard just now.
    private mutating func putOff(now: Duration) {
        for node in relays.keys { relays[node]?.heard = now }
        if !adopted.isEmpty { adoptedUntil = max(adoptedUntil, now + timing.demandLifetime) }
    }

    // MARK: Relays

    private mutating func enter(_ relay: DemandRelay, now: Duration) {
        guard relays.count < limits.relays else { return }
        relays[relay.node] = RelayDemand(incarnation: relay.incarnation, heard: now)
        let end = now + timing.demandLifetime
        check = min(check ?? end, end)
    }

    /// - Returns: Whether all is known of the relay, as far as the message shows.
    private mutating func take(_ report: DemandReport, of relay: inout RelayDemand) -> Bool {
        if case .set(let part, let count, let topics) = report.content {
            relay.take(part, of: count, number: report.counter)
            take(topics, of: &relay)
            return true
        }
        // A set that lacks a part is a hole, too.
        let isNext = report.counter - relay.counter == 1 && relay.set == nil
        relay.counter = report.counter
        relay.set = nil
        switch report.content {
        case .want(let topics):
            add(topics, areNew: true, of: &relay)
            return isNext
        case .release(let topics):
            for topic in topics { remove(topic, of: &relay) }
            return isNext
        case .renew(let digest): return digest == relay.digest
        case .leave: removeAll(of: &relay)
        case .set: break
        }
        return true
    }

    /// Takes a part of a whole set; what isn't in the set is let go when all its parts were there.
    private mutating func take(_ topics: [DemandedTopic], of relay: inout RelayDemand) {
        guard var set = relay.set.take() else { return }
        let isWhole = set.parts.count == set.count
        if isWhole {
            // What is let go makes room for what is new.
            for topic in topics { relay.places[topic.topic]?.generation = relay.generation }
            for topic in relay.former { remove(topic, of: &relay) }
        }
        for topic in topics where !add(topic, isNew: false, of: &relay) { set.isOverfull = true }
        if isWhole { relay.isOverfull = set.isOverfull } else { relay.set = set }
    }

    private mutating func ask(_ relay: inout RelayDemand, _ node: String, _ now: Duration) {
        // The set of one that wants more than it may never becomes the same.
        guard !relay.isOverfull || relay.places.count < limits.topics && places < limits.places else { return }
        if let asked = relay.asked, now < asked + timing.resyncPause { return }
        relay.asked = now
        counts.resyncs += 1
        actions.append(.resync(DemandRelay(node: node, incarnation: relay.incarnation)))
    }

    // MARK: Topics

    /// - Parameter areNew: Whether the relay wants them from now on; in a whole set it doesn't say.
    private mutating func add(_ topics: [DemandedTopic], areNew: Bool, of relay: inout RelayDemand) {
        var fit = true
        for topic in topics where !add(topic, isNew: areNew, of: &relay) { fit = false }
        if !fit { relay.isOverfull = true }
    }

    /// - Returns: Whether there is room for it among what the relay wants.
    private mutating func add(_ topic: DemandedTopic, isNew: Bool, of relay: inout RelayDemand) -> Bool {
        let place = relay.places[topic.topic]
        if let place, !place.isRefused {
            relay.places[topic.topic]?.generation = relay.generation
            learn(topic)
            return true
        }
        guard place != nil || relay.places.count < limits.topics && places < limits.places else {
            if isNew || !relay.isOverfull { refuse(topic.topic, .topics) }
            return false
        }
        let refusal = enter(topic)
        relay.places[topic.topic] = RelayDemand.Place(generation: relay.generation, isRefused: refusal != nil)
        if place == nil {
            relay.digest.insert(topic.topic)
            places += 1
        }
        if let refusal, isNew || place == nil { refuse(topic.topic, refusal) }
        return true
    }

    /// Counts one relay more for a topic, unless there is no room.
    private mutating func enter(_ topic: DemandedTopic) -> DemandRefusal? {
        let known = topics[topic.topic]
        let size = known?.request == nil ? topic.request?.bytes.count ?? 0 : 0
        if known?.relays ?? 0 == 0 {
            guard known != nil || topics.count < limits.topics else { return .topics }
            guard size <= limits.requestBytes - requestBytes else { return .requestBytes }
        }
        topics[topic.topic, default: TopicDemand()].relays += 1
        learn(topic)
        return nil
    }

    /// Keeps the request of a topic, unless there is one, and tells what wasn't told.
    private mutating func learn(_ topic: DemandedTopic) {
        guard var known = topics[topic.topic] else { return }
        var isNews = !known.isTold
        if known.request == nil, let request = topic.request,
            request.bytes.count <= limits.requestBytes - requestBytes
        {
            known.request = request
            requestBytes += request.bytes.count
            isNews = true
        }
        guard isNews else { return }
        known.isTold = true
        topics[topic.topic] = known
        actions.append(.wanted(topic.topic, known.request))
    }

    private mutating func remove(_ topic: TopicHash, of relay: inout RelayDemand) {
        guard let place = relay.places.removeValue(forKey: topic) else { return }
        relay.digest.remove(topic)
        places -= 1
        guard !place.isRefused else { return }
        topics[topic]?.relays -= 1
        forgetIfUnwanted(topic)
    }

    private mutating func removeAll(of relay: inout RelayDemand) {
        for topic in relay.places.keys.sorted() { remove(topic, of: &relay) }
        relay.isOverfull = false
    }

    private mutating func forgetIfUnwanted(_ topic: TopicHash) {
        guard let known = topics[topic], known.relays == 0, !known.isAdopted else { return }
        requestBytes -= known.request?.bytes.count ?? 0
        topics[topic] = nil
        actions.append(.unwanted(topic))
    }

    /// Refuses all that a relay wants which there is no room for.
    private mutating func refuse(_ content: DemandReport.Content) {
        switch content {
        case .want(let topics), .set(_, _, let topics): for topic in topics { refuse(topic.topic, .relays) }
        case .release, .renew, .leave: break
        }
    }

    /// What others want is served, and isn't refused because of one relay.
    private mutating func refuse(_ topic: TopicHash, _ refusal: DemandRefusal) {
        guard topics[topic]?.relays ?? 0 == 0 else { return }
        counts.refusals += 1
        actions.append(.refused(topic, refusal))
    }

    private mutating func drain() -> [Action] {
        defer { actions = [] }
        return actions
    }
}

/// What a table has met, for metrics.
package struct DemandCounts: Equatable, Sendable {
    /// Messages that came twice, too late, or from a process that had been replaced.
    package var late: UInt64 = 0
    /// Messages which showed that others were lost.
    package var holes: UInt64 = 0
    /// Whole sets that were asked for.
    package var resyncs: UInt64 = 0
    package var refusals: UInt64 = 0
}
