#if Cluster
internal import EventLog
internal import Fanout
internal import Logging
internal import NATSLink
internal import WebSockets

/// What the relays of the group want: each says it, and whoever leads runs it.
extension ClusterNode {
    // This relay's part.

    /// Wants a topic; without a request one of the operator's.
    func want(_ hash: TopicHash, _ request: TopicRequest?) {
        let number = partition(of: hash)
        let wanted = request.map { DemandRequest(WantedRequest.bytes($0)) }
        wanting[hash] = .some(wanted)
        perform(partitions[number].sender?.want(hash, wanted) ?? [], of: number)
        flushWants(number)
    }

    func letGo(_ hash: TopicHash) {
        guard wanting.removeValue(forKey: hash) != nil else { return }
        let number = partition(of: hash)
        partitions[number].sender?.release(hash)
        flushWants(number)
    }

    private func flushWants(_ number: Int) {
        perform(partitions[number].sender?.flush(now: EventLoop.now) ?? [], of: number)
    }

    /// Begins to say what this relay wants of a partition, and to listen to what others want.
    func startWants(_ number: Int, largestMessage: Int, _ link: NATSLink) {
        guard let subject = configuration.askSubject(of: number), partitions[number].sender == nil else { return }
        partitions[number].sender = DemandSender(
            relay: DemandRelay(node: configuration.node, incarnation: incarnation),
            timing: timing,
            largestMessage: largestMessage,
            seed: incarnation
        )
        _ = link.subscribe(to: subject) { [weak self] delivery in
            guard case .messages(let messages) = delivery else { return }
            self?.onLoop { node in
                for message in messages { node.takeWants(message.payload, of: number) }
            }
        }
        for (hash, request) in wanting where partition(of: hash) == number {
            perform(partitions[number].sender?.want(hash, request) ?? [], of: number)
        }
        flushWants(number)
    }

    private func perform(_ actions: [DemandSender.Action], of number: Int) {
        for action in actions {
            switch action {
            case .publish(let bytes):
                // What isn't sent now is said again.
                if let subject = configuration.askSubject(of: number) { _ = link?.publish(bytes, to: subject) }
            case .tooLarge(let hash): refuse(hash, "the subscription is too large to be shared by the relays")
            case .tooMany(let hash): refuse(hash, "this relay has as many different subscriptions as it may")
            }
        }
    }

    private func refuse(_ hash: TopicHash, _ reason: String) {
        forgetRequests(for: hash)
        deliver(partitions[partition(of: hash)].topics.refuse(hash, reason))
    }

    /// Does what is due, for this relay and for the others.
    func tickWants(_ now: Duration) {
        for number in partitions.indices {
            if let term = partitions[number].log?.member.state.term {
                partitions[number].sender?.newTerm(term, now: now)
            }
            perform(partitions[number].sender?.tick(now: now) ?? [], of: number)
            perform(partitions[number].demand.tick(now: now), of: number)
        }
    }

    /// There is a connection, or none.
    func noteConnection(_ isConnected: Bool) {
        let now = EventLoop.now
        for number in partitions.indices {
            if isConnected {
                partitions[number].sender?.reconnected(now: now)
                partitions[number].demand.reconnected(now: now)
            } else {
                partitions[number].demand.disconnected()
            }
        }
    }

    /// Says that this relay wants nothing any more.
    func endWants() {
        for number in partitions.indices { perform(partitions[number].sender?.leave() ?? [], of: number) }
    }

    // What all want together.

    private func takeWants(_ bytes: [UInt8], of number: Int) {
        guard let message = try? DemandMessage(bytes) else { return }
        let now = EventLoop.now
        switch message {
        case .report(let report):
            let isLeader = partitions[number].isLeader
            perform(partitions[number].demand.take(report, isLeader: isLeader, now: now), of: number)
        case .resync(let resync):
            partitions[number].sender?.take(resync, now: now)
            perform(partitions[number].sender?.tick(now: now) ?? [], of: number)
        }
    }

    private func perform(_ actions: [DemandTable.Action], of number: Int) {
        for action in actions {
            switch action {
            case .wanted(let hash, let request): begin(hash, request, of: number)
            case .unwanted(let hash): end(hash, of: number)
            case .refused(let hash, let refusal):
                guard partitions[number].isLeader else { continue }
                partitions[number].log?.append([(hash, .refused(reason: refusal.reason))])
            case .resync(let relay):
                guard case .leads(let term) = partitions[number].duty,
                    let subject = configuration.askSubject(of: number),
                    let bytes = try? DemandMessage.resync(DemandResync(relay: relay, term: term)).bytes()
                else { continue }
                _ = link?.publish(bytes, to: subject)
            }
        }
    }

    private func begin(_ hash: TopicHash, _ request: DemandRequest?, of number: Int) {
        guard partitions[number].duty != .follows else { return }
        if let topic = offered[hash] {
            // An operation that goes on after a rest asks for what it has missed, which the leader's doesn't.
            if partitions[number].duty == .standsBy { return restart(hash, continuing: nil) }
            runner?.take(.change(.wake(topic: topic.id)), from: TopicRunner.group)
        } else if let request {
            open(hash, request, of: number)
        }
    }

    /// Has the runner run the topics of clients that are wanted, and that it doesn't have yet.
    func openWanted(_ number: Int) {
        for wanted in partitions[number].demand.wanted where offered[wanted.topic] == nil {
            if let request = wanted.request { open(wanted.topic, request, of: number) }
        }
    }

    /// Has the runner let go of a topic of clients.
    func release(_ hash: TopicHash) {
        guard let request = runs.end(hash) else { return }
        runner?.take(.change(.release(request: request)), from: TopicRunner.group)
    }

    /// Has the runner run a topic of clients, where the log says that it is unless `former` does.
    func open(_ hash: TopicHash, _ request: DemandRequest, of number: Int, continuing former: FormerTopic? = nil) {
        guard let wanted = WantedRequest(request.bytes) else {
            logger.warning("a relay of the group wants what is no subscription")
            guard partitions[number].isLeader else { return }
            partitions[number].log?.append([(hash, .refused(reason: "the request is no subscription"))])
            return
        }
        let state = state(of: hash, in: number)
        guard let request = runs.request(hash) else { return }
        let standsBy = partitions[number].duty == .standsBy
        if standsBy { standBy(for: hash, state?.status ?? .waiting) }
        runs.set(isForeign: !standsBy && state?.isForeign ?? false, hash)
        let topic = TopicRequest(
            number: request,
            key: wanted.key,
            request: wanted.request,
            network: wanted.network,
            // The hash says already which requests are the same topic.
            isShared: false,
            former: standsBy ? nil : former ?? state.map(FormerTopic.init)
        )
        runner?.take(.open(topic), from: TopicRunner.group)
    }

    /// How the log says that a topic is; nil for one that it doesn't have, or that this leader has ended.
    private func state(of hash: TopicHash, in number: Int) -> TopicState? {
        guard let member = partitions[number].log?.member else { return nil }
        // What a leader has appended isn't read yet.
        guard !member.writer.isLeader || member.writer.places[hash] != nil else { return nil }
        return member.state.topics[hash]
    }

    private func end(_ hash: TopicHash, of number: Int) {
        if let topic = offered[hash] {
            guard partitions[number].duty != .follows else { return }
            runner?.take(.change(.rest(topic: topic.id)), from: TopicRunner.group)
            return
        }
        partitions[number].forgetPlace(of: hash)
        release(hash)
        // Nothing happens unless this relay leads.
        partitions[number].log?.append([(hash, .ended)])
    }

    /// A new leader goes by what it has heard, and believes for a while that somebody wants what the log has.
    func adoptWants(_ number: Int, _ states: [TopicHash: TopicState]) {
        let wanted = states.filter { hash, state in
            offered[hash].map { $0.definition.start == .demand && state.status != .waiting } ?? true
        }
        let until = EventLoop.now + timing.demandLifetime
        partitions[number].demand.adopt(wanted.keys, until: until)
    }

    func isWanted(_ hash: TopicHash) -> Bool { partitions[partition(of: hash)].demand.isWanted(hash) }
}
#endif
