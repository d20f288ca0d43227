#if Cluster
internal import WebSockets

extension NATSLink {
    /// The number of the subscription that has the answers.
    static let inboxNumber = 0

    /// A new mailbox for the answers of a new connection.
    var inboxMailbox: NATSMailbox {
        NATSMailbox(subscription: Self.inboxNumber, subject: "\(inbox).*", limit: configuration.answerLimit)
    }

    /// Publishes a message; nil if it waits to be written, which is no promise that it arrives.
    ///
    /// - Parameter lastSequence: The stream's last sequence, without which the stream is to refuse the message.
    package func publish(
        _ payload: [UInt8],
        to subject: NATSSubject,
        reply: NATSSubject? = nil,
        lastSequence: UInt64? = nil
    ) -> NATSRefusal? {
        precondition(!subject.isPattern && reply?.isPattern != true, "nothing can be published to a pattern")
        return send(
            NATSOutgoing(subject: subject.text, reply: reply?.text, lastSequence: lastSequence, payload: payload)
        )
    }

    /// Publishes a message and awaits one answer.
    ///
    /// - Parameters:
    ///   - limit: How long an answer may take.
    ///   - receive: Is called once, on the loop; at once when the request is refused.
    package func request(
        _ payload: [UInt8],
        to subject: NATSSubject,
        lastSequence: UInt64? = nil,
        within limit: Duration,
        receive: @escaping (NATSAnswer) -> Void
    ) {
        requestMany(payload, to: subject, lastSequence: lastSequence, within: limit) { answer in
            receive(answer)
            return false
        }
    }

    /// The same for a task on the loop.
    package func answer(
        to payload: [UInt8],
        at subject: NATSSubject,
        lastSequence: UInt64? = nil,
        within limit: Duration
    ) async -> NATSAnswer {
        await withCheckedContinuation { continuation in
            request(payload, to: subject, lastSequence: lastSequence, within: limit) {
                continuation.resume(returning: $0)
            }
        }
    }

    /// Publishes a message and awaits answers for as long as `receive` says so.
    ///
    /// - Parameters:
    ///   - limit: How long the first answer, and each further one, may take.
    ///   - receive: Is called on the loop, and not again after anything but a message.
    package func requestMany(
        _ payload: [UInt8],
        to subject: NATSSubject,
        lastSequence: UInt64? = nil,
        within limit: Duration,
        receive: @escaping (NATSAnswer) -> Bool
    ) {
        precondition(!subject.isPattern, "nothing can be published to a pattern")
        if let refusal { return refuse(refusal, receive) }
        guard requests.count < configuration.requestLimit else { return refuse(.tooManyRequests, receive) }
        let number = requests.add(limit: limit, at: EventLoop.now, receive: receive)
        let reply = "\(inbox).\(number)"
        let message = NATSOutgoing(subject: subject.text, reply: reply, lastSequence: lastSequence, payload: payload)
        if let refusal = send(message) {
            _ = requests.take(number)
            return refuse(refusal, receive)
        }
        armRequestTimer(for: EventLoop.now + limit)
    }

    private func refuse(_ refusal: NATSRefusal, _ receive: (NATSAnswer) -> Bool) { _ = receive(.refused(refusal)) }

    private func send(_ message: NATSOutgoing) -> NATSRefusal? {
        if let refusal { return refusal }
        guard let connection, let server else { return .notConnected }
        guard message.size <= server.maximumPayload else {
            return .tooLarge(size: message.size, limit: server.maximumPayload)
        }
        return connection.publish(message) ? nil : .outboxFull
    }

    /// Takes a message of the inbox; one that nobody waits for any more is dropped.
    func receiveAnswer(_ message: NATSMessage) {
        guard message.subject.hasPrefix(inbox), let number = UInt64(message.subject.dropFirst(inbox.count + 1)),
            let request = requests.take(number)
        else { return }
        let isNobodyThere = message.headers.status == 503 && message.payload.isEmpty
        let wantsMore = request.receive(isNobodyThere ? .noResponders : .message(message))
        guard wantsMore, !isNobodyThere, refusal == nil else { return }
        requests.awaitMore(number, request, at: EventLoop.now)
        armRequestTimer(for: EventLoop.now + request.limit)
    }

    /// Ends all requests; from within a receiver no new one is taken for one of them.
    func endRequests(_ answer: NATSAnswer) {
        requestTimer?.stop()
        requestTime = nil
        for receive in requests.removeAll() { _ = receive(answer) }
    }

    func expireRequests() {
        requestTime = nil
        for receive in requests.expired(at: EventLoop.now) { _ = receive(.timedOut) }
        if let deadline = requests.nextDeadline { armRequestTimer(for: deadline) }
    }

    private func armRequestTimer(for deadline: Duration) {
        if let requestTime, requestTime <= deadline { return }
        requestTime = deadline
        requestTimer?.start(after: max(.zero, deadline - EventLoop.now))
    }
}
#endif
