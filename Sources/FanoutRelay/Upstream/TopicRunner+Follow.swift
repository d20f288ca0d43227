internal import Backoffs
internal import Fanout
internal import GraphQLSession
internal import GraphQLTransport
internal import Synchronization
internal import WebSockets

/// A topic's operation, through all its restarts.
extension TopicRunner {
    /// What clients are told when an operation isn't restarted any more: a JSON array of GraphQL errors.
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

    /// Waits for the next link, however long; false when there won't be one.
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
            // The session's own back-off has paid for it; the next opening waits for the next link.
            isFree: { if case SessionError.linkLost = $0 { true } else { false } },
            clock: LoopClock(loop)
        ) {
            try await self.open(request, topic: id)
        }
        for await event in stream {
            switch event {
            case .next(let batch):
                if clientTopics[id]?.sending != nil { proven(id) }
                // One that was refused before proves itself by what it brings.
                if topics[id]?.status != .live { began(id) }
                publish(topics[id]?.record(batch, at: EventLoop.now) ?? [], topic: id)
            case .interrupted(let interruption):
                if isClientTopic { settle(interruption.error, request, topic: id) }
                interrupted(by: interruption, topic: id)
            case .resumed:
                // A refused one may be refused again.
                guard let topic = topics[id], topic.status == .live, !topic.repeatsFault else { continue }
                note(.resumed, topic: id)
            case .ended(let end):
                return end
            }
        }
        return nil
    }

    /// Starts a topic's operation on the link; after an interruption there is a gap.
    ///
    /// One that was refused counts as live once the server has shown that it takes it now.
    private func open(_ request: GraphQLRequest, topic id: TopicID) async throws -> Subscription {
        let subscription = try await subscribe(request, topic: id)
        // It may have been stopped meanwhile, and then must not count as live again.
        try Task.checkCancellation()
        if topics[id]?.wasRefused == true {
            guard await session.proves(subscription, within: Topic.proofTime) else { return subscription }
            try Task.checkCancellation()
        }
        let isRestart = topics[id]?.isRestart ?? false
        began(id)
        // What the operation brings meanwhile waits, bounded, so that no event is followed by an older result.
        if isRestart { await refetch(id) }
        try Task.checkCancellation()
        return subscription
    }

    /// A topic's operation runs: what an interruption swallowed is told before anything that it brings.
    private func began(_ id: TopicID) {
        let now = EventLoop.now
        if topics[id]?.isBroken == true {
            publish([topics[id]?.gap("the upstream subscription was interrupted", at: now)], topic: id)
        }
        publish([topics[id]?.run(at: now)], topic: id)
    }

    /// Sends the operation; a client's, which isn't proven yet, when its turn has come.
    private func subscribe(_ request: GraphQLRequest, topic id: TopicID) async throws -> Subscription {
        guard let clientTopic = clientTopics[id], !clientTopic.isProven else {
            return try await session.subscribe(request)
        }
        let sending = try await enter(Fingerprint(clientTopic.key))
        do {
            let subscription = try await session.subscribe(request)
            guard topics[id] != nil else { throw CancellationError() }
            clientTopics[id]?.sending = sending
            sent(sending)
            return subscription
        } catch {
            left(sending)
            throw error
        }
    }

    /// The server has said something to a client's operation.
    func proven(_ id: TopicID) {
        guard let sending = clientTopics[id]?.sending.take() else { return }
        clientTopics[id]?.isProven = true
        answered(sending)
    }

    /// A client's operation was interrupted: by an answer, or it may have been what the link was lost by.
    private func settle(_ error: any Error, _ request: GraphQLRequest, topic id: TopicID) {
        guard case SessionError.linkLost = error else { return proven(id) }
        guard let sending = clientTopics[id]?.sending.take() else { return }
        if lost(sending, request.query) == .innocent { clientTopics[id]?.isProven = true }
    }

    private func interrupted(by interruption: StreamInterruption, topic id: TopicID) {
        if let answer = interruption.error as? QueryError { return refused(with: answer.rawErrors, topic: id) }
        guard let topic = topics[id] else { return }
        topic.statistics.interruptions.add(1, ordering: .relaxed)
        switch interruption.error {
        case SessionError.tooLarge, SessionError.invalidResult: topics[id]?.failed(by: "\(interruption.error)")
        default: topics[id]?.failed(by: nil)
        }
        if topics[id]?.repeatsFault != true {
            note(.interrupted, topic: id, reason: "\(interruption.error)")
        }
        publish([topics[id]?.become(.interrupted, at: EventLoop.now)], topic: id)
    }

    /// The server answered a topic of the operator with errors: everybody is told, once for the same errors in a row.
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

    /// The link is lost: who comes now waits for the next one, and isn't told what the server said on this one.
    func forgetRefusals() {
        let now = EventLoop.now
        for (id, topic) in topics where clientTopics[id] == nil && topic.status == .failed {
            publish([topics[id]?.become(.interrupted, at: now)], topic: id)
        }
    }

    /// Tells everybody how a topic of the operator ended; false when nothing more will come.
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
