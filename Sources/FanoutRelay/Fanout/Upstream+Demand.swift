internal import Backoff
internal import GraphQLSession
internal import GraphQLTransport
internal import Logging
internal import Synchronization
internal import WebSockets

/// Topics that start with their first subscriber and end after their last.
extension Upstream {
    /// Takes what a shard says of its subscribers, from the shard's thread.
    nonisolated func take(_ demand: Demand, from shard: Int) {
        loop.execute { [self] in assumeIsolated { $0.serve(demand, of: shard) } }
    }

    private func serve(_ demand: Demand, of shard: Int) {
        switch demand {
        case .open(let order): open(order, for: shard)
        case .release(let number): release(ShardOrder(shard: shard, number: number))
        case .idle(let number): set(isIdle: true, ShardOrder(shard: shard, number: number))
        case .busy(let number): set(isIdle: false, ShardOrder(shard: shard, number: number))
        case .kept(let number): kept(ShardOrder(shard: shard, number: number))
        case .wake(let index): wake(index, for: shard)
        case .rest(let index): rest(index, on: shard)
        }
    }

    /// Finds the topic of an equal operation, or starts one, for which one that lingers may have to go.
    private func open(_ order: TopicOrder, for shard: Int) {
        // One that joins a topic may have taken back what others wait for.
        if !isServed(order, of: shard) { pending.append(PendingOrder(shard: shard, order: order)) }
        servePending()
    }

    /// Serves an order if that can be without another topic's end.
    func isServed(_ order: TopicOrder, of shard: Int) -> Bool {
        if order.isShared, let equal = ordered[order.key] {
            topics[equal]?.order?.shards[shard] = order.number
            topics[equal]?.order?.settleIdleness()
            topics[equal]?.order?.isReclaimed = false
            orders[ShardOrder(shard: shard, number: order.number)] = equal
            tell(shard, of: equal, under: order.number)
            return true
        }
        guard places.admits(order.network) else { return false }
        places.take(order.network)
        let index = nextTopic
        nextTopic += 1
        let definition = TopicDefinition(ordered: "*\(index)")
        let epoch = "\(epoch)-\(index)"
        topics[index] = Topic(
            index: index,
            definition: definition,
            statistics: statistics.ordered,
            order: OrderedTopic(
                key: order.key,
                request: order.request,
                network: order.network,
                epoch: epoch,
                shards: [shard: order.number],
                history: Backlog(topic: definition.name, epoch: epoch, policy: lag.ofOrderedTopics)
            )
        )
        if order.isShared { ordered[order.key] = index }
        orders[ShardOrder(shard: shard, number: order.number)] = index
        statistics.orderedTopics.add(1, ordering: .relaxed)
        statistics.openedTopics.add(1, ordering: .relaxed)
        logger.debug("a client's subscription becomes a topic", metadata: ["topic": "\(definition.name)"])
        tell(shard, of: index, under: order.number)
        run(index)
        return true
    }

    private func tell(_ shard: Int, of index: Int, under number: UInt64) {
        guard let topic = topics[index], let order = topic.order else { return }
        let opened = OpenedTopic(
            epoch: order.epoch,
            status: topic.status,
            history: order.history.segments,
            forgottenGap: order.history.forgottenGap,
            head: topic.head
        )
        broadcaster.publish([.opened(order: number, topic: index, opened)], to: [shard])
    }

    /// A shard lost its last subscriber of a topic of clients; the last shard takes the topic along.
    private func release(_ order: ShardOrder) {
        // It may have ended by itself meanwhile, or wait for a place.
        guard let index = orders.removeValue(forKey: order) else {
            return pending.removeAll { $0.shard == order.shard && $0.order.number == order.number }
        }
        topics[index]?.order?.shards[order.shard] = nil
        topics[index]?.order?.idleOn.remove(order.shard)
        topics[index]?.order?.settleIdleness()
        if topics[index]?.order?.shards.isEmpty == true { remove(index) }
    }

    /// The server completed the operation of a topic of clients, or it can't go on: so do the clients' operations.
    func conclude(_ end: StreamEnd, topic index: Int) {
        proven(index)
        switch end {
        case .completed:
            publish([.completed(topic: index)], topic: index)
        case .gaveUp(_, let last):
            var errors = Self.gaveUp
            switch last.error {
            case SessionError.graphQL(let answer):
                topics[index]?.statistics.errors.add(1, ordering: .relaxed)
                errors = answer
            case SessionError.tooLarge, SessionError.invalidResult:
                topics[index]?.statistics.errors.add(1, ordering: .relaxed)
                errors = MessageWriter.errors(message: "\(last.error)")
            case let refusal as QuarantinedOperation:
                errors = refusal.errors
            default: break
            }
            publish([.failed(topic: index, errors: errors)], topic: index)
        }
        remove(index)
    }

    private func remove(_ index: Int) {
        // For the count of those that are live.
        _ = topics[index]?.become(.waiting, at: EventLoop.now)
        guard let order = topics.removeValue(forKey: index)?.order else { return }
        if ordered[order.key] == index { ordered[order.key] = nil }
        if let sending = order.sending { left(sending) }
        for (shard, number) in order.shards { orders[ShardOrder(shard: shard, number: number)] = nil }
        forget(index)
        statistics.orderedTopics.subtract(1, ordering: .relaxed)
        places.leave(order.network)
        servePending()
    }

    private func wake(_ index: Int, for shard: Int) {
        guard let topic = topics[index] else { return }
        topics[index]?.awakeOn.insert(shard)
        if topic.awakeOn.isEmpty { run(index) }
    }

    private func rest(_ index: Int, on shard: Int) {
        guard topics[index]?.awakeOn.remove(shard) != nil, topics[index]?.awakeOn.isEmpty == true else { return }
        halt(index)
        publish(topics[index]?.rest(at: EventLoop.now) ?? [], topic: index)
    }
}

/// A shard's order of a topic.
struct ShardOrder: Hashable {
    let shard: Int
    let number: UInt64
}
