@testable import EventLog

/// What goes wrong.
extension Simulation {
    /// Has something happen now and then.
    func provoke() {
        guard isRough else { return }
        enter(after: number(in: 1000...2000 * plan.pace)) { [self] in provoke() }
        let node = nodes[number(in: 0...nodes.count - 1)]
        guard node.isAlive else { return }
        switch number(in: 0...(plan.hasHandOvers ? 7 : 5)) {
        case 0, 1: pause(node)
        case 2, 3: cut(node)
        case 4 where plan.isRewound: rewind()
        case 4 where plan.kills: crash(node)
        case 4: pause(node)
        case 5:
            tally.outages += 1
            downUntil = now + number(in: 10_000...3_000_000)
        default: handOver()
        }
    }

    /// All servers are stopped, and begin with what was on their disks.
    private func rewind() {
        log.rewind(by: number(in: 1...40))
        world += 1
        leaders = [:]
        downUntil = now + number(in: 10_000...500_000)
        for node in nodes {
            node.cutUntil = downUntil
            enter(after: downUntil - now) { [self] in
                reach(node, after: 0) { [self] in perform(node, node.member.reconnected(time: wall, now: clock)) }
            }
        }
    }

    private func pause(_ node: SimulatedNode) {
        tally.pauses += 1
        let end = now + number(in: 1000...4_000_000)
        let incarnation = node.incarnation
        node.pausedUntil = end
        enter(after: end - now) { [self] in
            guard node.isAlive, node.incarnation == incarnation, node.pausedUntil == end else { return }
            let inbox = node.inbox
            node.inbox = []
            for action in inbox { action() }
            perform(node, node.member.tick(time: wall, now: clock))
        }
    }

    private func cut(_ node: SimulatedNode) {
        tally.cuts += 1
        let end = now + number(in: 1000...4_000_000)
        node.cutUntil = end
        enter(after: end - now) { [self] in
            guard node.isAlive, node.cutUntil == end else { return }
            reach(node, after: 0) { [self] in perform(node, node.member.reconnected(time: wall, now: clock)) }
        }
    }

    /// Has another node get ready, and the leader hand over to it.
    private func handOver() {
        guard successor == nil, let leader = nodes.first(where: { $0.isAlive && $0.member.writer.isLeader }),
            let other = nodes.first(where: { $0.isAlive && !$0.member.writer.isLeader })
        else { return }
        tally.handOvers += 1
        successor = other.name
        if !plan.isHot { for topic in upstream.topics { subscribe(other, topic) } }
        reach(leader, after: number(in: 100_000...2_000_000), byNetwork: false) { [self] in
            perform(leader, leader.member.handOver(to: other.name, time: wall, now: clock))
        }
        enter(after: 4_000_000) { [self] in
            guard successor == other.name else { return }
            successor = nil
            if !plan.isHot, !other.member.writer.isLeader { other.feeds = [:] }
        }
    }
}
