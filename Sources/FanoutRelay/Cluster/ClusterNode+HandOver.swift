#if Cluster
internal import EventLog
internal import Logging
internal import WebSockets

/// Leaving the lead to another relay before this one ends: that one runs the operations too before it begins to lead,
/// so that nothing is missed.
extension ClusterNode {
    /// How often it is looked how far the others are.
    private static let interval = Duration.milliseconds(20)
    /// How long before the end another relay is to lead, whether or not it is ready.
    private static let reserve = Duration.seconds(1)
    /// For how long a relay that was asked to be ready stands by.
    private static let readiness = Duration.seconds(15)

    /// Leaves every partition that this relay leads to the one that should lead it next.
    func leave(within limit: Duration) async {
        isLeaving = true
        for (number, partition) in partitions.enumerated() where !partition.isLeader {
            partition.log?.set(rank: 0, mayLead: false)
            follow(number)
        }
        let (start, clock) = (EventLoop.now, LoopClock(loop))
        tellAlive(start)
        var asked: [Int: String] = [:]
        while EventLoop.now - start < limit {
            let led = partitions.indices.filter { partitions[$0].isLeader }
            for number in led { askSuccessor(number, &asked, isLate: EventLoop.now - start > limit - Self.reserve) }
            // Where nobody else may lead there is nothing to wait for.
            guard led.contains(where: { asked[$0] != nil }) else { return }
            try? await clock.sleep(for: Self.interval)
        }
    }

    private func askSuccessor(_ number: Int, _ asked: inout [Int: String], isLate: Bool) {
        guard case .leads(let term) = partitions[number].duty,
            let successor = members.candidates(for: number, besides: configuration.node).first
        else {
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
        case .alive, .leaves: break
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
