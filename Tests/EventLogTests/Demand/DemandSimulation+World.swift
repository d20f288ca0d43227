@testable import EventLog

/// What is sent, and what happens to whom.
extension DemandSimulation {
    // MARK: The network

    /// How long each copy of a message takes; none when it is lost.
    private func delays() -> [Int] {
        guard isRough else { return [number(in: 10...1000)] }
        guard !chance(plan.loss) else {
            tally.lost += 1
            return []
        }
        return (0..<(chance(plan.repetition) ? 2 : 1)).map { _ in number(in: 10...plan.delay * 1000) }
    }

    func publish(_ bytes: [UInt8], by relay: Relay) {
        tally.messages += 1
        guard case .report(let report)? = try? DemandMessage(bytes), bytes.count <= DemandPlan.largestMessage else {
            return accuse("\(relay.name) sends what can't be read")
        }
        var said: [DemandedTopic] = []
        switch report.content {
        case .renew where plan.sabotage == .unrenewed: return
        case .want(let topics): said = topics
        case .set(_, let count, let topics):
            said = topics
            if count > 1 { tally.parts += 1 }
        case .renew, .release, .leave: break
        }
        guard relay.isConnected else { return }
        let wishes = Dictionary(uniqueKeysWithValues: said.map { ($0.topic, relay.wishes[$0.topic]?.number ?? 0) })
        for candidate in candidates {
            for delay in delays() {
                enter(after: delay) { [self] in
                    // One that was started anew in the meantime hears it, too.
                    guard candidate.isConnected else { return }
                    candidate.judge.hear(report, wishes, at: now)
                    let isLeader = candidate === leader
                    perform(candidate, candidate.table.take(report, isLeader: isLeader, now: clock))
                }
            }
        }
    }

    private func ask(_ relay: DemandRelay, of term: UInt64) {
        guard plan.sabotage != .unasked, let asked = relays.first(where: { $0.name == relay.node }) else { return }
        for delay in delays() {
            enter(after: delay) { [self] in
                guard asked.isAlive, asked.isConnected else { return }
                asked.sender.take(DemandResync(relay: relay, term: term), now: clock)
                perform(asked, [])
            }
        }
    }

    // MARK: Those that may lead

    private func perform(_ candidate: Candidate, _ actions: [DemandTable.Action]) {
        let isLeader = candidate === leader
        for action in actions {
            switch action {
            case .wanted(let topic, let request):
                tally.wanted += 1
                accuse(candidate.judge.want(topic, isKnownNow: request != nil))
                if isLeader { running.insert(topic) }
            case .unwanted(let topic):
                tally.unwanted += 1
                unwant(topic, candidate)
            case .refused(let topic, let refusal): accuse("\(topic.low) is refused: \(refusal.reason)")
            case .resync(let relay): if isLeader { ask(relay, of: term) } else { accuse("one asks that doesn't lead") }
            }
        }
        guard let deadline = candidate.table.deadline else { return }
        let due = max(now, microseconds(deadline))
        if let timer = candidate.timer, timer > now, timer <= due { return }
        candidate.timer = due
        enter(after: due - now) { [self] in
            guard candidate.timer == due else { return }
            candidate.timer = nil
            perform(candidate, candidate.table.tick(now: clock))
        }
    }

    private func unwant(_ topic: TopicHash, _ candidate: Candidate) {
        let living = relays.filter { $0.isAlive && $0.wishes[topic] != nil }
        let wishes = Dictionary(uniqueKeysWithValues: living.map { ($0.name, $0.wishes[topic]?.number ?? 0) })
        let wasAdopted = candidate.adopted.remove(topic) != nil
        accuse(candidate.judge.unwant(topic, wishes, wasAdopted: wasAdopted, at: now))
        guard candidate === leader else { return }
        running.remove(topic)
        // Where nothing is lost a leader knows what has long been wanted, however new it is.
        guard !plan.hasCuts else { return }
        let long = now - 3 * DemandPlan.lease * 1000
        for relay in living where relay.wishes[topic].map({ $0.since < long }) ?? false {
            accuse("\(relay.name) has long wanted \(topic.low), and the leader ends it")
        }
    }

    /// One wins the next term.
    func lead(_ candidate: Candidate) {
        tally.terms += 1
        term += 1
        leader = candidate
        if plan.sabotage != .unbelieving {
            candidate.adopted.formUnion(running)
            let until = plan.sabotage == .impatient ? .milliseconds(50) : Self.timing.demandLifetime
            candidate.table.adopt(running, until: clock + until)
        }
        running.formUnion(candidate.table.wanted.map(\.topic))
        perform(candidate, [])
        guard plan.sabotage != .untold else { return }
        for relay in relays {
            // The log loses nothing.
            enter(after: number(in: 1000...200_000)) { [self, term] in
                guard relay.isAlive else { return }
                relay.sender.newTerm(term, now: clock)
                perform(relay, [])
            }
        }
    }

    private func restart(_ candidate: Candidate) {
        tally.restarts += 1
        count(candidate)
        let other = Candidate(name: candidate.name)
        candidates[candidates.firstIndex { $0 === candidate } ?? 0] = other
        candidate.isConnected = false
        candidate.timer = nil
        if leader === candidate { lead(candidates[number(in: 0...candidates.count - 1)]) }
    }

    // MARK: Events

    /// Has something happen, again and again.
    func provoke() {
        guard isRough else { return }
        let relay = relays[number(in: 0...relays.count - 1)]
        let candidate = candidates[number(in: 0...candidates.count - 1)]
        switch number(in: 0...99) {
        case 0..<3: lead(candidate)
        case 3..<5: restart(candidate)
        case 5..<9 where relay.isAlive: restart(relay)
        case 9..<12 where relay.isAlive:
            relay.wishes = [:]
            perform(relay, relay.sender.leave())
        case 12..<15 where plan.hasCuts && relay.isConnected: cut(relay)
        case 15..<17 where plan.hasCuts && candidate.isConnected: cut(candidate)
        default: if relay.isAlive { change(relay) }
        }
        enter(after: number(in: 1000...plan.pace * 2000)) { [self] in provoke() }
    }

    private func change(_ relay: Relay) {
        for _ in 0...number(in: 0...4) {
            let topic = TopicHash(high: 0, low: UInt64(number(in: 1...plan.topics)))
            if relay.wishes[topic] == nil { want(relay, topic) } else { release(relay, topic) }
        }
        perform(relay, relay.sender.flush(now: clock))
    }

    private func cut(_ relay: Relay) {
        relay.isConnected = false
        let incarnation = relay.incarnation
        enter(after: number(in: 1000...DemandPlan.absence * 1000)) { [self] in
            guard relay.incarnation == incarnation, relay.isAlive else { return }
            relay.isConnected = true
            relay.sender.reconnected(now: clock)
            perform(relay, [])
        }
    }

    private func cut(_ candidate: Candidate) {
        candidate.isConnected = false
        candidate.table.disconnected()
        enter(after: number(in: 1000...DemandPlan.absence * 1000)) { [self] in
            guard candidates.contains(where: { $0 === candidate }) else { return }
            candidate.isConnected = true
            candidate.table.reconnected(now: clock)
            candidate.judge.reconnect(at: now)
            perform(candidate, [])
        }
    }
}
