internal import AccessTokens
internal import AllowedDocuments
internal import Fanout
internal import GraphQLSession
internal import GraphQLTransport
internal import Synchronization
internal import WebSockets

/// Which client joins which topic; client topics start with their first subscriber, and linger after the last one.
extension Shard {
    /// Finds the topic that an operation joins, or requests one where client topics are allowed.
    ///
    /// The operator's topics go first; what means an allowed document is judged by its rules, whatever else a client
    /// may do.
    ///
    /// - Parameters:
    ///   - peer: The address of the client, who may ask for a topic of its own.
    ///   - grant: What the client may have; it hears of nothing else.
    func find(
        _ request: GraphQLRequest,
        from peer: String,
        with grant: Grant
    ) -> Result<Slot, OperationRefusal> {
        if DocumentDoor.isByHash(request), let found = findDocument(request, from: peer, with: grant) { return found }
        let finding = operations.find(request, in: demand) { grant.allows(topic: topics[$0].definition.name) }
        if case .topic(let slot) = finding, demand.isConfigured(slot),
            grant.allows(topic: topics[slot].definition.name)
        {
            return .success(slot)
        }
        if let found = findDocument(request, from: peer, with: grant) { return found }
        switch finding {
        case .topic(let slot):
            guard demand.isConfigured(slot) else {
                // As where nobody has it: whether another client does is nobody's business.
                return grant.has(.own) ? .success(slot) : .failure(forbidden(.missingScope(.own)))
            }
            return .failure(forbidden(.forbiddenTopic))
        case .wanted(let key):
            guard grant.has(.own) else { return .failure(forbidden(.missingScope(.own))) }
            guard routes.statistics.memory.admitsTopic() else {
                return .failure(OperationRefusal(description: "the relay is short of memory: try again later"))
            }
            var definition = TopicDefinition(clientTopic: request.operationName ?? "*")
            definition.snapshot = demand.snapshot
            let bare = request.with(readExtensions: nil)
            return .success(requestTopic(definition, bare, key, from: ClientNetwork(of: peer)))
        case .refused(let refusal):
            guard refusal.executable == nil || grant.has(.execute) else {
                return .failure(forbidden(.missingScope(.execute)))
            }
            return .failure(refusal)
        }
    }

    /// The topic of the allowed document that a request means, the reason why it has none, or what to run instead; nil
    /// when it means no document.
    private func findDocument(
        _ request: GraphQLRequest,
        from peer: String,
        with grant: Grant
    ) -> Result<Slot, OperationRefusal>? {
        switch routes.documents.judge(request, with: grant) {
        case .unknown: return nil
        case .refused(let denial): return .failure(denial.refusal)
        case .permitted(let operation):
            guard operation.kind != .subscription else { return .success(join(operation, from: peer)) }
            let reason = "only subscriptions are served here, not a \(operation.kind.rawValue)"
            let executable = OperationRefusal.Executable(
                request: operation.request,
                kind: operation.kind,
                isIncremental: operation.isIncremental,
                isAllowed: true
            )
            return .failure(OperationRefusal(description: reason, executable: executable))
        }
    }

    /// The topic of an allowed document's operation, which starts with its first subscriber.
    func join(_ operation: ComposedOperation, from peer: String) -> Slot {
        if let slot = demand.slot(of: operation.key) { return slot }
        var definition = TopicDefinition(clientTopic: operation.name)
        definition.snapshot = demand.snapshot
        return requestTopic(definition, operation.request, operation.key, from: ClientNetwork(of: peer))
    }

    private func forbidden(_ refusal: TokenRefusal) -> OperationRefusal {
        OperationRefusal(description: authorizer.refuse(refusal).closeReason)
    }

    /// Asks the upstream for a topic of a client's own operation; clients may join it at once.
    private func requestTopic(
        _ definition: TopicDefinition,
        _ request: GraphQLRequest,
        _ key: OperationKey,
        from network: ClientNetwork
    ) -> Slot {
        let (slot, number, changes) = demand.request(key, at: EventLoop.now)
        let topic = ShardTopic(definition: definition, key: key, epoch: "", policy: lagOfClientTopics, request: request)
        settle(topic, in: slot)
        ask(
            .open(
                TopicRequest(number: number, key: key, request: request, network: network, isShared: demand.isShared)
            )
        )
        tell(changes)
        return slot
    }

    /// Puts a topic into a slot that is new, or that another one has left.
    func settle(_ topic: ShardTopic, in slot: Slot) {
        guard slot.index < topics.count else { return topics.append(topic) }
        topics[slot] = topic
        sweeper.forget()
    }

    /// Takes over a requested topic that the upstream has made.
    func open(_ slot: Slot, as id: TopicID, _ opened: OpenedTopic) {
        guard demand.slot(of: id) == slot || demand.open(slot, as: id) else { return }
        sweepPending()
        noteSweep(of: slot)
        for subscriber in topics[slot].open(opened) { subscriber.bePlaced(in: topics[slot]) }
        sweeper.forget()
        for (subscriber, startPosition) in topics[slot].takeAwaiting() { begin(subscriber, startPosition) }
    }

    /// Runs operations again that joined after the last event of a run that has ended, from the first event on.
    func rerun(_ late: [Subscriber], of slot: Slot) {
        guard let request = topics[slot].request else { return }
        let (definition, key) = (topics[slot].definition, topics[slot].key)
        // By a reload the operation may be the operator's topic now, whom not every client may join.
        if demand.slot(of: key).map(demand.isConfigured) == true { return late.forEach { endCompleted($0, of: slot) } }
        for subscriber in late {
            let client = subscriber.client
            remove(subscriber)
            client.subscribers.removeAll { $0 === subscriber }
            let network = ClientNetwork(of: client.socket.peer)
            let successor = Subscriber(
                owner: client,
                in: demand.slot(of: key) ?? requestTopic(definition, request, key, from: network),
                encoding: subscriber.encoding,
                id: subscriber.id,
                prefix: subscriber.prefix,
                cursor: 0
            )
            // A client on another shard may have started the new run already.
            begin(successor, .last(StartPosition.maximumCount))
            add(successor)
        }
    }

    // Subscribers.

    /// Subscribes a client of a topic's path, which is told the topic's current state first.
    func listen(
        _ client: Client,
        to slot: Slot,
        as encoding: Encoding,
        from startPosition: StartPosition,
        _ lagAction: TopicDefinition.LagAction?
    ) {
        let subscriber = Subscriber(
            owner: client,
            in: slot,
            encoding: encoding,
            id: "",
            prefix: [],
            cursor: 0,
            lagAction: lagAction
        )
        begin(subscriber, startPosition)
        add(subscriber)
    }

    /// Sets a subscriber's first position, as soon as the upstream has made the topic, and tells it where that is.
    func begin(_ subscriber: Subscriber, _ startPosition: StartPosition) {
        subscriber.begin(at: startPosition, in: &topics[subscriber.slot], statistics)
    }

    func add(_ subscriber: Subscriber) {
        subscriber.client.subscribers.append(subscriber)
        topics[subscriber.slot].add(subscriber)
        tell(demand.gained(subscriber.slot))
        statistics.subscriptions.add(1, ordering: .relaxed)
        logger.subscribed(subscriber, to: topics[subscriber.slot].definition)
        if subscriber.client.isReady { flush(subscriber.client) }
    }

    func remove(_ subscriber: Subscriber) {
        topics[subscriber.slot].remove(subscriber)
        if topics[subscriber.slot].audience.isEmpty { tell(demand.lost(subscriber.slot, at: EventLoop.now)) }
        statistics.subscriptions.subtract(1, ordering: .relaxed)
    }

    /// Removes the subscriber of a client's operation; false when there is none.
    @discardableResult
    func removeSubscriber(_ id: String, of client: Client) -> Bool {
        guard let place = client.subscribers.firstIndex(where: { $0.id.utf8.elementsEqual(id.utf8) }) else {
            return false
        }
        remove(client.subscribers[place])
        client.subscribers.remove(at: place)
        return true
    }

    /// Sends changes in demand to the upstream, frees what has gone, and sets the timer for the next lingering topic.
    func tell(_ changes: [DemandChange]) {
        for change in changes { ask(.change(change)) }
        for slot in demand.takeVacated() { topics[slot].forgetHistory() }
        guard let due = demand.due else { return }
        let timer =
            demandTimer
            ?? LoopTimer(on: loop) { [weak self] in
                self?.assumeIsolated { $0.tell($0.demand.advance(to: EventLoop.now)) }
            }
        demandTimer = timer
        timer.start(after: max(.zero, due - EventLoop.now))
    }
}
