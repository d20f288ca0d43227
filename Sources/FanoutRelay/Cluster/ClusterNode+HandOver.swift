#if Cluster
internal import EventLog
internal import Logging
internal import WebSockets

/// Leaving the lead to another relay, before this one ends or because an operator wants it: that one runs the
/// operations too before it begins to lead, so that nothing is missed.
extension ClusterNode {
    /// How often it is looked how far the others are.
    private static let interval = Duration.milliseconds(20)
    /// How long before the end another relay is to lead, whether or not it is ready.
    private static let reserve = Duration.seconds(1)
    /// For how long a relay that was asked to be ready stands by.
    private static let readiness = Duration.seconds(15)
    /// How long an operator's hand-over may take.
    private static let patience = Duration.seconds(8)

    /// Leaves every partition that this relay leads to the one that should lead it next.
    func leave(within limit: Duration) async {
        isLeaving = true
        for (number, partition) in partitions.enumerated() where !partition.isLeader {
            partition.log?.set(rank: 0, mayLead: false)
            follow(number)
        }
        tellAlive(EventLoop.now)
        let end = EventLoop.now + limit
        await handOver(Set(partitions.indices), until: end, unready: end - Self.reserve) { number in
            self.members.candidates(for: number, besides: self.configuration.node).first
        }
    }

    /// Leaves a partition that this relay leads to another one, for an operator.
    ///
    /// - Parameter successor: To whom; nil for the one that should lead it next.
    private func leave(_ number: Int, to successor: String?) async {
        // Another one is under way, whose successor stays.
        guard !isLeaving, handingOver.insert(number).inserted else { return }
        await handOver([number], until: EventLoop.now + Self.patience, unready: nil) { number in
            let candidates = self.members.candidates(for: number, besides: self.configuration.node)
            guard let successor else { return candidates.first }
            return candidates.contains(successor) ? successor : nil
        }
        handingOver.remove(number)
        guard partitions[number].isLeader, !isClosed else { return }
        logger.warning(
            "no other relay was ready to lead: this one leads on",
            metadata: ["partition": "\(number)", "node": "\(successor ?? "*")"]
        )
    }

    /// Asks successors until this relay leads none of some partitions any more.
    ///
    /// - Parameters:
    ///   - unready: From when on a successor is to lead even if it isn't ready; never without.
    ///   - successor: Who is to lead a partition.
    private func handOver(
        _ numbers: Set<Int>,
        until end: Duration,
        unready: Duration?,
        to successor: (Int) -> String?
    ) async {
        for number in numbers { (partitions[number].readySuccessor, partitions[number].isHandedOver) = (nil, false) }
        let clock = LoopClock(loop)
        var asked: [Int: String] = [:]
        while EventLoop.now < end, !isClosed {
            let led = numbers.filter { partitions[$0].isLeader }
            for number in led {
                ask(successor(number), number, &asked, isLate: unready.map { EventLoop.now > $0 } ?? false)
            }
            // Where nobody else may lead there is nothing to wait for.
            guard led.contains(where: { asked[$0] != nil }) else { return }
            try? await clock.sleep(for: Self.interval)
        }
    }

    private func ask(_ successor: String?, _ number: Int, _ asked: inout [Int: String], isLate: Bool) {
        guard case .leads(let term) = partitions[number].duty, let successor else {
            asked[number] = nil
            return
        }
        if asked[number] != successor { partitions[number].readySuccessor = nil }
        asked[number] = successor
        // It is said again and again, since it may be lost.
        let isReady = partitions[number].readySuccessor == successor
        if !isReady { tell(.prepare(partition: number, term: term, successor: successor)) }
        guard isReady || isLate, !partitions[number].isHandedOver else { return }
        partitions[number].isHandedOver = true
        logger.notice(
            "another relay is to lead the group",
            metadata: ["partition": "\(number)", "node": "\(successor)"]
        )
        partitions[number].log?.handOver(to: successor)
    }

    /// Takes what concerns a hand-over.
    func takeHandOver(_ message: MemberMessage) {
        switch message.content {
        case .prepare(let number, let term, let successor):
            guard partitions.indices.contains(number), successor == configuration.node, mayLead else { return }
            let end = EventLoop.now + Self.readiness
            partitions[number].preparation = ClusterPartition.Preparation(term: term, end: end)
            standBy(number)
        case .prepared(let number, let term):
            guard partitions.indices.contains(number), partitions[number].duty == .leads(term: term) else { return }
            partitions[number].readySuccessor = message.node
        case .leave(let number, let successor):
            guard partitions.indices.contains(number), partitions[number].isLeader else { return }
            Task(executorPreference: loop) { await self.leave(number, to: successor) }
        case .alive, .leaves, .question: break
        }
    }

    /// Tells the leader that asked for it that this relay knows where it would go on with every topic.
    func tellPrepared(_ number: Int, _ now: Duration) {
        guard let preparation = partitions[number].preparation, partitions[number].duty == .standsBy,
            let states = partitions[number].log?.member.state.topics
        else { return }
        // Of what doesn't run nothing can be missed, and what this relay doesn't know it can't run.
        for (hash, state) in states where state.status == .live && (offered[hash] != nil || isWanted(hash)) {
            guard partitions[number].standbys[hash]?.isAligned(to: state.tailToAlign, now: now) ?? false else { return }
        }
        tell(.prepared(partition: number, term: preparation.term))
    }
}
#endif
