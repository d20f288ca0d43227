/// How messages that were missed are fetched.
///
/// A replica that isn't as far yet doesn't have a message that another one has sent on. So what isn't found is asked
/// for again, and only the log's beginning says whether it is gone.
extension LogReader {
    /// Why a fetch brought less than it was to bring.
    package enum FetchEnd: Equatable, Sendable {
        /// The request for several messages brought all that the server has of them.
        case complete
        /// There is no such message, or not yet.
        case missing
        /// Nobody answered, or with an error.
        case failed
    }

    /// A message came that was fetched; it ends its request if that was for one message.
    package mutating func fetched(_ bytes: [UInt8], at sequence: UInt64, now: Duration) -> [Action] {
        // What was asked for before the log was begun again may be another log's.
        guard requests.contains(where: { $0 <= sequence && sequence - $0 < UInt64($1.count) }) else { return [] }
        if requests[sequence]?.count == 1 { requests[sequence] = nil }
        counts.fetched += 1
        let actions = receive(bytes, at: sequence, now: now)
        return actions.isEmpty ? fetchMissing(now: now) : actions
    }

    /// The fetch from a number on is over.
    package mutating func ended(from sequence: UInt64, _ end: FetchEnd, now: Duration) -> [Action] {
        guard requests.removeValue(forKey: sequence) != nil else { return [] }
        guard sequence > head || isUnverified && sequence == head else { return fetchMissing(now: now) }
        pause = now + timing.pause
        guard end != .failed, sequence <= head + 1 else { return [] }
        lack = (lack?.since ?? now, (lack?.answers ?? 0) + 1)
        // It has to be known whether it is gone.
        return ask(now: now)
    }

    /// Asks for what is missing, as much at a time as may be under way.
    mutating func fetchMissing(now: Duration) -> [Action] {
        if let pause, now < pause { return [] }
        pause = nil
        if case .opening = phase { return [] }
        if isUnverified { return requests.isEmpty ? [request(from: head, count: 1, now: now)] : [] }
        guard head < end else { return [] }
        guard options.batch == 1 else { return requests.isEmpty ? fetchBatch(now: now) : [] }
        var actions: [Action] = []
        let last = min(end, head + UInt64(options.requests))
        for sequence in head + 1...last where ahead[sequence] == nil && requests[sequence] == nil {
            guard requests.count < options.requests else { break }
            actions.append(request(from: sequence, count: 1, now: now))
        }
        return actions
    }

    private mutating func fetchBatch(now: Duration) -> [Action] {
        let next = ahead.keys.min() ?? end + 1
        return [request(from: head + 1, count: Int(min(UInt64(options.batch), next - head - 1)), now: now)]
    }

    private mutating func request(from sequence: UInt64, count: Int, now: Duration) -> Action {
        requests[sequence] = Request(count: count, until: now + timing.answer)
        return .fetch(from: sequence, count: count)
    }

    /// Gives up the requests that had no answer in time.
    private mutating func expireRequests(now: Duration) {
        let expired = requests.filter { $0.value.until <= now }
        guard !expired.isEmpty else { return }
        for sequence in expired.keys { requests[sequence] = nil }
        pause = now + timing.pause
    }

    /// When `tick` is due.
    package var deadline: Duration {
        let answer = question?.until ?? heard + timing.silence
        return min(answer, requests.values.lazy.map(\.until).min() ?? answer, pause ?? answer)
    }

    /// Does what is due.
    package mutating func tick(now: Duration) -> [Action] {
        expireRequests(now: now)
        var actions = fetchMissing(now: now)
        if let question, now >= question.until {
            if question.number > 0 { unanswered = now }
            self.question = nil
        }
        if question == nil, now >= heard + timing.silence || isOpening { actions += ask(now: now) }
        return actions
    }

    private var isOpening: Bool {
        if case .opening = phase { true } else { false }
    }

    /// There is a new connection: what was asked over the former one isn't answered, what came meanwhile was missed.
    package mutating func reconnected(now: Duration) -> [Action] {
        requests = [:]
        question = nil
        pause = nil
        // If the log was rewound, what waits is no part of it any more.
        ahead = [:]
        aheadBytes = 0
        end = head
        isUnverified = remembersNewest
        return fetchMissing(now: now) + ask(now: now)
    }
}
