internal import Backoffs
internal import Fanout
internal import GraphQLSession
internal import GraphQLTransport
internal import Logging
internal import Synchronization
internal import WebSockets

/// Topics that start with their first subscriber, and end after their last.
extension TopicRunner {
    /// Takes a message of a shard, on the shard's thread.
    nonisolated func take(_ demand: Demand, from shard: Int) {
        loop.execute { [self] in assumeIsolated { $0.serve(demand, of: shard) } }
    }

    private func serve(_ demand: Demand, of shard: Int) {
        switch demand {
        case .open(let request): open(request, for: shard)
        case .change(.release(let number)): release(TopicRequestID(shard: shard, number: number))
        case .change(.idle(let number)): set(isIdle: true, TopicRequestID(shard: shard, number: number))
        case .change(.busy(let number)): set(isIdle: false, TopicRequestID(shard: shard, number: number))
        case .change(.kept(let number)): kept(TopicRequestID(shard: shard, number: number))
        case .change(.wake(let id)): wake(id, for: shard)
        case .change(.rest(let id)): rest(id, on: shard)
        }
    }

    /// Finds the topic of an equal operation, or starts one; a lingering topic may have to end for it.
    private func open(_ request: TopicRequest, for shard: Int) {
        // The request may join a topic that is being reclaimed for pending requests, so these are looked at again.
        if !isServed(request, of: shard) { pending.append(WaitingTopicRequest(shard: shard, request: request)) }
        servePending()
    }

    /// Serves a request if a topic can be joined or a place is free; false otherwise.
    func isServed(_ request: TopicRequest, of shard: Int) -> Bool {
        // Where the shard is at that topic by another request, it has let go of sharing it: a topic of the operator's
        // was equal for a while, or sharing was off.
        if request.isShared, let equal = sharedTopics[request.key], clientTopics[equal]?.shards[shard] == nil {
            clientTopics[equal]?.shards[shard] = request.number
            clientTopics[equal]?.settleIdleness()
            clientTopics[equal]?.isReclaimed = false
            requests[TopicRequestID(shard: shard, number: request.number)] = equal
            tell(shard, of: equal, under: request.number)
            return true
        }
        guard places.admits(request.network) else { return false }
        places.take(request.network)
        let id = TopicID(nextTopic)
        nextTopic += 1
        let definition = TopicDefinition(clientTopic: "*\(id.number)")
        let epoch = "\(epoch)-\(id.number)"
        topics[id] = Topic(
            id: id,
            definition: definition,
            statistics: statistics.allClientTopics,
            epoch: epoch,
            numbering: numberingOfNewTopics,
            isCounted: !isLed,
            continuing: request.former
        )
        clientTopics[id] = ClientTopic(
            key: request.key,
            request: request.request,
            network: request.network,
            shards: [shard: request.number],
            history: Backlog(topic: definition.name, epoch: epoch, policy: lag.ofClientTopics)
        )
        if request.isShared { sharedTopics[request.key] = id }
        requests[TopicRequestID(shard: shard, number: request.number)] = id
        statistics.clientTopics.add(1, ordering: .relaxed)
        statistics.openedTopics.add(1, ordering: .relaxed)
        logger.debug("a client's subscription becomes a topic", metadata: ["topic": "\(definition.name)"])
        tell(shard, of: id, under: request.number)
        run(id)
        return true
    }

    private func tell(_ shard: Int, of id: TopicID, under number: UInt64) {
        // Until it is known who numbers its events no shard is told of it.
        guard let topic = topics[id], let clientTopic = clientTopics[id], topic.numbering != .unknown else { return }
        let opened = topic.opened(with: clientTopic.history)
        log.append([.opened(request: number, topic: id, opened)], for: .shards([shard]))
    }

    /// Passes on how a topic's events are numbered from here on.
    func begin(_ opened: OpenedTopic, topic id: TopicID) {
        guard let clientTopic = clientTopics[id], let name = topics[id]?.definition.name else {
            return publish([TopicUpdate.began(topic: id, opened)], topic: id)
        }
        var history = Backlog(topic: name, epoch: opened.epoch, policy: lag.ofClientTopics, after: opened.start)
        history.restore(opened.history, forgottenGap: opened.forgottenGap)
        clientTopics[id]?.history = history
        guard !opened.isSuccessor else { return publish([TopicUpdate.began(topic: id, opened)], topic: id) }
        for (shard, number) in clientTopic.shards { tell(shard, of: id, under: number) }
    }

    /// Ends a shard's demand for a client topic; the topic ends with its last shard.
    private func release(_ request: TopicRequestID) {
        // The topic may have ended already, or the request may still wait for a place.
        guard let id = requests.removeValue(forKey: request) else {
            return pending.removeAll { $0.shard == request.shard && $0.request.number == request.number }
        }
        clientTopics[id]?.shards[request.shard] = nil
        clientTopics[id]?.idleOn.remove(request.shard)
        clientTopics[id]?.settleIdleness()
        if clientTopics[id]?.shards.isEmpty == true { remove(id) }
    }

    /// Ends a client topic and its clients' operations: the server completed it, or it isn't restarted.
    func conclude(_ end: StreamEnd, topic id: TopicID) {
        proven(id)
        pass(topics[id]?.adoptArrived(at: EventLoop.now) ?? [], topic: id)
        // Its shards must know the topic whose end they are told.
        if topics[id]?.numbering == .unknown, let opened = topics[id]?.numberHere() {
            begin(opened, topic: id)
        }
        switch end {
        case .completed:
            publish([.completed(topic: id)], topic: id)
        case .gaveUp(_, let last):
            var errors = Self.gaveUp
            switch last.error {
            case let answer as QueryError:
                topics[id]?.statistics.errors.add(1, ordering: .relaxed)
                errors = answer.rawErrors
            case SessionError.tooLarge, SessionError.invalidResult:
                topics[id]?.statistics.errors.add(1, ordering: .relaxed)
                errors = MessageWriter.errors(message: "\(last.error)")
            case let refusal as QuarantinedOperation:
                errors = refusal.errors
            default: break
            }
            publish([.failed(topic: id, errors: errors)], topic: id)
        }
        remove(id)
    }

    func remove(_ id: TopicID) {
        // Keeps the count of live operations right.
        _ = topics[id]?.become(.waiting, at: EventLoop.now)
        topics[id] = nil
        guard let clientTopic = clientTopics.removeValue(forKey: id) else { return }
        if sharedTopics[clientTopic.key] == id { sharedTopics[clientTopic.key] = nil }
        if let sending = clientTopic.sending { left(sending) }
        for (shard, number) in clientTopic.shards { requests[TopicRequestID(shard: shard, number: number)] = nil }
        forget(id)
        statistics.clientTopics.subtract(1, ordering: .relaxed)
        places.leave(clientTopic.network)
        servePending()
    }

    private func wake(_ id: TopicID, for shard: Int) {
        // A shard may not know yet that it starts on demand no more.
        guard let topic = topics[id], topic.definition.start == .demand, isRun(id) else { return }
        topics[id]?.awakeOn.insert(shard)
        if topic.awakeOn.isEmpty { run(id) }
    }

    private func rest(_ id: TopicID, on shard: Int) {
        guard topics[id]?.awakeOn.remove(shard) != nil, topics[id]?.awakeOn.isEmpty == true else { return }
        halt(id)
        publish(topics[id]?.rest(at: EventLoop.now) ?? [], topic: id)
    }
}

/// Identifies a shard's request for a topic.
struct TopicRequestID: Hashable {
    let shard: Int
    let number: UInt64
}
