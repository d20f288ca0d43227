@testable import EventLog

/// What a relay does with its operations: cold or hot, with alignment, as FanoutRelay is to do it.
extension Simulation {
    /// How many events a standby keeps: those of half a minute.
    private static let kept = 1000

    /// Starts an operation: events that are sent from now on come.
    func subscribe(_ node: SimulatedNode, _ topic: TopicHash) {
        operations += 1
        node.feeds[topic] = SimulatedNode.Feed(operation: operations)
    }

    /// Brings an event to a node that has an operation.
    func bring(_ payload: [UInt8], of topic: TopicHash, to node: SimulatedNode) {
        guard node.isAlive, let operation = node.feeds[topic]?.operation, isSubscribed(node, topic) else { return }
        node.lastArrival = max(node.lastArrival, now + number(in: 100...5000))
        reach(node, after: node.lastArrival - now, byNetwork: false) { [self] in
            guard node.feeds[topic]?.operation == operation else { return }
            arrive(payload, of: topic, at: node)
        }
    }

    private func isSubscribed(_ node: SimulatedNode, _ topic: TopicHash) -> Bool {
        plan.isHot || node.member.writer.isLeader || node.name == successor
    }

    private func arrive(_ payload: [UInt8], of topic: TopicHash, at node: SimulatedNode) {
        guard var feed = node.feeds[topic] else { return }
        feed.buffer.append(payload)
        if feed.buffer.count > Self.kept { feed.buffer.removeFirst() }
        node.feeds[topic] = feed
        guard node.member.writer.isLeader else { return }
        if feed.isFlowing {
            append([(topic, .events(EventPayloads(payload)))], by: node)
        } else if feed.searches != nil {
            search(node, topic)
        }
    }

    private func append(_ entries: [(TopicHash, TopicEntry)], by node: SimulatedNode) {
        let dropped = node.member.writer.counts.dropped
        perform(node, node.member.append(entries, time: wall, now: clock))
        // What a full outbox drops is one gap, at most for each event that it drops.
        causedGaps += Int(node.member.writer.counts.dropped - dropped)
    }

    /// The node leads from here on.
    func takeOver(_ node: SimulatedNode) {
        for topic in upstream.topics {
            guard node.member.writer.places[topic] != nil else {
                // Nobody has told anything of it.
                subscribe(node, topic)
                node.feeds[topic]?.isFlowing = true
                append([(topic, .began(epoch: nil)), (topic, .status(.live))], by: node)
                continue
            }
            let wasReady = plan.isHot || node.name == successor && node.feeds[topic] != nil
            guard wasReady else {
                beginAnew(node, topic)
                continue
            }
            node.feeds[topic]?.searches = now + SimulationPlan.lease * 500
            search(node, topic)
            reach(node, after: SimulationPlan.lease * 500, byNetwork: false) { [self] in
                let limit = node.feeds[topic]?.searches ?? .max
                if node.member.writer.isLeader, now >= limit { beginAnew(node, topic) }
            }
        }
        if node.name == successor { successor = nil }
    }

    /// Looks where the log's newest events are in what the node got itself.
    private func search(_ node: SimulatedNode, _ topic: TopicHash) {
        guard let feed = node.feeds[topic], let state = node.member.state.topics[topic] else { return }
        guard plan.sabotage != .unaligned else { return flow(node, topic, from: max(0, feed.buffer.count - 3)) }
        guard let tail = state.tailToAlign else { return beginAnew(node, topic) }
        switch Alignment(of: tail, in: feed.buffer.lazy.map { $0[...] }) {
        case .found(let index):
            tally.aligned += 1
            flow(node, topic, from: index)
        case .ambiguous: beginAnew(node, topic)
        case .nowhere: break
        }
    }

    private func flow(_ node: SimulatedNode, _ topic: TopicHash, from index: Int) {
        node.feeds[topic]?.searches = nil
        node.feeds[topic]?.isFlowing = true
        for payload in node.feeds[topic]?.buffer[index...] ?? [] {
            append([(topic, .events(EventPayloads(payload)))], by: node)
        }
    }

    /// Starts an operation and says that events may be missing.
    private func beginAnew(_ node: SimulatedNode, _ topic: TopicHash) {
        // A topic whose first event nobody has read can't be aligned with anything.
        if plan.isHot, node.member.state.topics[topic]?.place.sequence ?? 0 > 0 { tally.unaligned += 1 }
        subscribe(node, topic)
        node.feeds[topic]?.isFlowing = true
        causedGaps += 1
        if plan.sabotage != .silent { append([(topic, .gap(reason: "the leader changed"))], by: node) }
    }

    func stepDown(_ node: SimulatedNode) {
        guard plan.isHot else { return node.feeds = [:] }
        for topic in upstream.topics {
            node.feeds[topic]?.searches = nil
            node.feeds[topic]?.isFlowing = false
        }
    }
}
