internal import Backoffs
internal import Fanout
internal import GraphQLSession
internal import GraphQLTransport
internal import Synchronization
internal import WebSockets

/// A topic's operation, through all its restarts.
extension TopicRunner {
    /// The errors that clients get when an operation isn't restarted any more: a JSON array.
    static let gaveUp = Array(
        #"[{"message":"the relay gave up to restart the topic's upstream subscription"}]"#.utf8
    )

    func follow(_ id: TopicID) async {
        guard let topic = topics[id] else { return }
        let clientTopic = clientTopics[id]
        let request: GraphQLRequest
        do {
            request = try clientTopic?.request ?? topic.definition.request()
        } catch {
            preconditionFailure("topics are checked before they are run: \(error)")
        }
        while !Task.isCancelled {
            let end = await follow(request, topic: id)
            guard clientTopic == nil else {
                if let end { conclude(end, topic: id) }
                return
            }
            let generation = await session.generation
            guard report(end, topic: id), await isConnected(after: generation) else { return }
        }
    }

    /// Waits for the next link, however long; false when there will be none.
    private func isConnected(after generation: UInt64) async -> Bool {
        while true {
            do {
                try await session.connected(after: generation)
                return true
            } catch SessionError.waitedTooLong {
                continue
            } catch {
                return false
            }
        }
    }

    private func follow(_ request: GraphQLRequest, topic id: TopicID) async -> StreamEnd? {
        let isClientTopic = clientTopics[id] != nil
        let stream = restarting(
            with: isClientTopic ? retryClientTopics : retrySubscribe,
            completion: isClientTopic ? .end : .restart,
            stableFrom: .opening,
            // A lost link costs none of the operation's tries: the next try waits for a link, which has a back-off of
            // its own.
            isFree: { if case SessionError.linkLost = $0 { true } else { false } },
            clock: LoopClock(loop)
        ) {
            try await self.open(request, topic: id)
        }
        for await event in stream {
            switch event {
            case .next(let batch):
                if clientTopics[id]?.sending != nil { proven(id) }
                if let start = batch.start {
                    follow(batch, after: start, topic: id)
                    continue
                }
                // A server may promise numbers and give none.
                if let opened = topics[id]?.numberHere() { begin(opened, topic: id) }
                // An operation that was refused is proven by its first event.
                if topics[id]?.status != .live { began(id) }
                publish(topics[id]?.record(batch, at: EventLoop.now) ?? [], topic: id)
            case .interrupted(let interruption):
                if isClientTopic { settle(interruption.error, request, topic: id) }
                interrupted(by: interruption, topic: id)
            case .resumed:
                // An operation that was refused may be refused again, so that its restart isn't reported yet.
                guard let topic = topics[id], topic.status == .live, !topic.repeatsFault else { continue }
                note(.resumed, topic: id)
            case .ended(let end):
                return end
            }
        }
        return nil
    }

    /// Starts a topic's operation on the link, and records a gap after an interruption.
    ///
    /// An operation that was refused counts as live only once the server has shown that it accepts it.
    private func open(_ request: GraphQLRequest, topic id: TopicID) async throws -> Subscription {
        let subscription = try await subscribe(request, topic: id)
        // It may have been stopped during the wait, and must not become live again.
        try Task.checkCancellation()
        upstreamNumbers = subscription.hasTokens
        // Where a relay upstream numbers events, its first payload says that the operation runs, and whether events may
        // be missing.
        guard !subscription.hasTokens else { return subscription }
        if let opened = topics[id]?.numberHere() { begin(opened, topic: id) }
        if topics[id]?.wasRefused == true {
            guard await session.proves(subscription, within: Topic.proofTime) else { return subscription }
            try Task.checkCancellation()
        }
        let isRestart = topics[id]?.isRestart ?? false
        began(id)
        // Events that arrive during the refetch wait, in bounded memory, so that no older result follows a newer event.
        if isRestart { await refetch(id) }
        try Task.checkCancellation()
        return subscription
    }

    /// Records events that a relay upstream has numbered, or where they begin.
    private func follow(_ batch: PayloadBatch, after start: ResumeToken, topic id: TopicID) {
        let now = EventLoop.now
        let policy = clientTopics[id] == nil ? lag : lag.ofClientTopics
        let mayLack = batch.place.isOpening && topics[id]?.isBroken == true
        let updates = topics[id]?.follow(batch, after: start, keeping: policy, at: now) ?? []
        pass(updates, topic: id)
        guard let topic = topics[id], !topic.isArriving, topic.status != .live else { return }
        if mayLack, !updates.contains(where: \.isGap) {
            statistics.resumptions.add(1, ordering: .relaxed)
        }
        if topic.status == .interrupted, !topic.repeatsFault { note(.resumed, topic: id) }
        publish([topics[id]?.run(at: now)], topic: id)
    }

    /// Hands on what comes of events that a relay upstream has numbered.
    func pass(_ updates: [TopicUpdate], topic id: TopicID) {
        for update in updates {
            switch update {
            case .began(_, let opened): begin(opened, topic: id)
            case .segment(_, let segment): publish([segment], topic: id)
            default: publish([update], topic: id)
            }
        }
    }

    /// Records that a topic's operation runs; a gap comes first if an interruption may have lost events.
    private func began(_ id: TopicID) {
        let now = EventLoop.now
        if topics[id]?.isBroken == true {
            publish([topics[id]?.gap("the upstream subscription was interrupted", at: now)], topic: id)
        }
        publish([topics[id]?.run(at: now)], topic: id)
    }

    /// Sends the operation; an unproven one of a client waits for its turn in the quarantine.
    private func subscribe(_ request: GraphQLRequest, topic id: TopicID) async throws -> Subscription {
        let start = topics[id]?.subscriptionStart ?? .usual
        guard let clientTopic = clientTopics[id], !clientTopic.isProven else {
            return try await session.subscribe(request, from: start)
        }
        let sending = try await enter(Fingerprint(clientTopic.key))
        do {
            let subscription = try await session.subscribe(request, from: start)
            guard topics[id] != nil else { throw CancellationError() }
            clientTopics[id]?.sending = sending
            sent(sending)
            return subscription
        } catch {
            left(sending)
            throw error
        }
    }

    /// Notes that the server has answered a client's operation.
    func proven(_ id: TopicID) {
        guard let sending = clientTopics[id]?.sending.take() else { return }
        clientTopics[id]?.isProven = true
        answered(sending)
    }

    /// Handles the interruption of a client's operation: it was answered, or it may have broken the link.
    private func settle(_ error: any Error, _ request: GraphQLRequest, topic id: TopicID) {
        guard case SessionError.linkLost = error else { return proven(id) }
        guard let sending = clientTopics[id]?.sending.take() else { return }
        if lost(sending, request.query) == .innocent { clientTopics[id]?.isProven = true }
    }

    private func interrupted(by interruption: StreamInterruption, topic id: TopicID) {
        if let answer = interruption.error as? QueryError { return refused(with: answer.rawErrors, topic: id) }
        guard let topic = topics[id] else { return }
        topic.statistics.interruptions.add(1, ordering: .relaxed)
        if case SessionError.linkLost = interruption.error { outage.interruptedTopic() }
        switch interruption.error {
        case SessionError.tooLarge, SessionError.invalidResult:
            topics[id]?.failed(by: "\(interruption.error)")
            publish([topics[id]?.skip("\(interruption.error)", at: EventLoop.now)], topic: id)
        default: topics[id]?.failed(by: nil)
        }
        if topics[id]?.repeatsFault != true {
            note(.interrupted, topic: id, reason: "\(interruption.error)")
        }
        publish([topics[id]?.become(.interrupted, at: EventLoop.now)], topic: id)
    }

    /// Handles errors of the server for an operator's topic; the same errors in a row are reported once.
    private func refused(with errors: [UInt8], topic id: TopicID) {
        guard let topic = topics[id] else { return }
        topic.statistics.errors.add(1, ordering: .relaxed)
        let isKnown = topic.status == .failed && topic.refusal == errors
        guard !isKnown else { return }
        note(.refused, topic: id, reason: String(decoding: errors.prefix(500), as: UTF8.self))
        publish([topics[id]?.refuse(at: EventLoop.now)], topic: id)
        fail(with: errors, topic: id)
    }

    private func fail(with errors: [UInt8], topic id: TopicID) {
        publish([topics[id]?.become(.failed, at: EventLoop.now)], topic: id)
        topics[id]?.refusal = errors
        topics[id]?.wasRefused = true
        publish([.failed(topic: id, errors: errors)], topic: id)
    }

    /// Ends refusals after the loss of the link: new subscribers wait for the next link, where the answer may differ.
    func forgetRefusals() {
        let now = EventLoop.now
        for (id, topic) in topics where clientTopics[id] == nil && topic.status == .failed {
            publish([topics[id]?.become(.interrupted, at: now)], topic: id)
        }
    }

    /// Reports how an operator's topic ended; false when it won't run again.
    private func report(_ end: StreamEnd?, topic id: TopicID) -> Bool {
        guard case .gaveUp(let reason, let last) = end, topics[id] != nil else { return false }
        switch last.error {
        case SessionError.closed:
            return false
        case SessionError.ended:
            fail(with: Self.gaveUp, topic: id)
            return false
        case let answer as QueryError:
            refused(with: answer.rawErrors, topic: id)
            note(.gaveUp, topic: id, reason: "\(reason)")
        default:
            fail(with: Self.gaveUp, topic: id)
            note(.gaveUp, topic: id, reason: "\(reason), last: \(last.error)")
        }
        return true
    }
}
