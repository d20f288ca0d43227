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

    func follow(_ index: Int) async {
        guard let topic = topics[index] else { return }
        let clientTopic = clientTopics[index]
        let request: GraphQLRequest
        do {
            request = try clientTopic?.request ?? topic.definition.request()
        } catch {
            preconditionFailure("topics are checked before they are run: \(error)")
        }
        while !Task.isCancelled {
            let end = await follow(request, topic: index)
            guard clientTopic == nil else {
                if let end { conclude(end, topic: index) }
                return
            }
            let generation = await session.generation
            guard report(end, topic: index), await isConnected(after: generation) else { return }
        }
    }

    /// Waits for the next link, however long; false when there will be none.
    private func isConnected(after generation: UInt64) async -> Bool {
        while true {
            do {
                try await session.connected(after: generation)
                return true
            } catch .waitedTooLong {
                continue
            } catch {
                return false
            }
        }
    }

    private func follow(_ request: GraphQLRequest, topic index: Int) async -> StreamEnd? {
        let isClientTopic = clientTopics[index] != nil
        let stream = restarting(
            with: isClientTopic ? retryClientTopics : retrySubscribe,
            completion: isClientTopic ? .end : .restart,
            stableFrom: .opening,
            // A lost link costs none of the operation's tries: the next try waits for a link, which has a back-off of
            // its own.
            isFree: { if case SessionError.linkLost = $0 { true } else { false } },
            clock: LoopClock(loop)
        ) {
            try await self.open(request, topic: index)
        }
        for await event in stream {
            switch event {
            case .next(let batch):
                if clientTopics[index]?.sending != nil { proven(index) }
                // An operation that was refused is proven by its first event.
                if topics[index]?.status != .live { began(index) }
                publish(topics[index]?.record(batch, at: EventLoop.now) ?? [], topic: index)
            case .interrupted(let interruption):
                if isClientTopic { settle(interruption.error, request, topic: index) }
                interrupted(by: interruption, topic: index)
            case .resumed:
                // An operation that was refused may be refused again, so that its restart isn't reported yet.
                guard let topic = topics[index], topic.status == .live, !topic.repeatsFault else { continue }
                note(.resumed, topic: index)
            case .ended(let end):
                return end
            }
        }
        return nil
    }

    /// Starts a topic's operation on the link, and records a gap after an interruption.
    ///
    /// An operation that was refused counts as live only once the server has shown that it accepts it.
    private func open(_ request: GraphQLRequest, topic index: Int) async throws -> Subscription {
        let subscription = try await subscribe(request, topic: index)
        // It may have been stopped during the wait, and must not become live again.
        try Task.checkCancellation()
        if topics[index]?.wasRefused == true {
            guard await session.proves(subscription, within: Topic.proofTime) else { return subscription }
            try Task.checkCancellation()
        }
        let isRestart = topics[index]?.isRestart ?? false
        began(index)
        // Events that arrive during the refetch wait, in bounded memory, so that no older result follows a newer event.
        if isRestart { await refetch(index) }
        try Task.checkCancellation()
        return subscription
    }

    /// Records that a topic's operation runs; a gap comes first if an interruption may have lost events.
    private func began(_ index: Int) {
        let now = EventLoop.now
        if topics[index]?.isBroken == true {
            publish([topics[index]?.gap("the upstream subscription was interrupted", at: now)], topic: index)
        }
        publish([topics[index]?.run(at: now)], topic: index)
    }

    /// Sends the operation; an unproven one of a client waits for its turn in the quarantine.
    private func subscribe(_ request: GraphQLRequest, topic index: Int) async throws -> Subscription {
        guard let clientTopic = clientTopics[index], !clientTopic.isProven else {
            return try await session.subscribe(request)
        }
        let sending = try await enter(Fingerprint(clientTopic.key))
        do {
            let subscription = try await session.subscribe(request)
            guard topics[index] != nil else { throw CancellationError() }
            clientTopics[index]?.sending = sending
            sent(sending)
            return subscription
        } catch {
            left(sending)
            throw error
        }
    }

    /// Notes that the server has answered a client's operation.
    func proven(_ index: Int) {
        guard let sending = clientTopics[index]?.sending.take() else { return }
        clientTopics[index]?.isProven = true
        answered(sending)
    }

    /// Handles the interruption of a client's operation: it was answered, or it may have broken the link.
    private func settle(_ error: any Error, _ request: GraphQLRequest, topic index: Int) {
        guard case SessionError.linkLost = error else { return proven(index) }
        guard let sending = clientTopics[index]?.sending.take() else { return }
        if lost(sending, request.query) == .innocent { clientTopics[index]?.isProven = true }
    }

    private func interrupted(by interruption: StreamInterruption, topic index: Int) {
        if case SessionError.graphQL(let errors) = interruption.error {
            return refused(with: errors, topic: index)
        }
        guard let topic = topics[index] else { return }
        topic.statistics.interruptions.add(1, ordering: .relaxed)
        switch interruption.error {
        case SessionError.tooLarge, SessionError.invalidResult: topics[index]?.failed(by: "\(interruption.error)")
        default: topics[index]?.failed(by: nil)
        }
        if topics[index]?.repeatsFault != true {
            note(.interrupted, topic: index, reason: "\(interruption.error)")
        }
        publish([topics[index]?.become(.interrupted, at: EventLoop.now)], topic: index)
    }

    /// Handles errors of the server for an operator's topic; the same errors in a row are reported once.
    private func refused(with errors: [UInt8], topic index: Int) {
        guard let topic = topics[index] else { return }
        topic.statistics.errors.add(1, ordering: .relaxed)
        let isKnown = topic.status == .failed && topic.refusal == errors
        guard !isKnown else { return }
        note(.refused, topic: index, reason: String(decoding: errors.prefix(500), as: UTF8.self))
        publish([topics[index]?.refuse(at: EventLoop.now)], topic: index)
        fail(with: errors, topic: index)
    }

    private func fail(with errors: [UInt8], topic index: Int) {
        publish([topics[index]?.become(.failed, at: EventLoop.now)], topic: index)
        topics[index]?.refusal = errors
        topics[index]?.wasRefused = true
        publish([.failed(topic: index, errors: errors)], topic: index)
    }

    /// Ends refusals after the loss of the link: new subscribers wait for the next link, where the answer may differ.
    func forgetRefusals() {
        let now = EventLoop.now
        for (index, topic) in topics where clientTopics[index] == nil && topic.status == .failed {
            publish([topics[index]?.become(.interrupted, at: now)], topic: index)
        }
    }

    /// Reports how an operator's topic ended; false when it won't run again.
    private func report(_ end: StreamEnd?, topic index: Int) -> Bool {
        guard case .gaveUp(let reason, let last) = end, topics[index] != nil else { return false }
        switch last.error {
        case SessionError.closed:
            return false
        case SessionError.ended:
            fail(with: Self.gaveUp, topic: index)
            return false
        case SessionError.graphQL(let errors):
            refused(with: errors, topic: index)
            note(.gaveUp, topic: index, reason: "\(reason)")
        default:
            fail(with: Self.gaveUp, topic: index)
            note(.gaveUp, topic: index, reason: "\(reason), last: \(last.error)")
        }
        return true
    }
}
