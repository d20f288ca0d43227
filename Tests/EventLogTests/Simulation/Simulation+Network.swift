@testable import EventLog

/// The way to the log and back.
extension Simulation {
    /// How long a message takes that way; nil for one that is lost.
    private func delay(_ node: SimulatedNode) -> Int? {
        guard node.cutUntil <= now else { return nil }
        guard isRough else { return number(in: 100...2000) }
        if chance(plan.loss) {
            tally.lostMessages += 1
            return nil
        }
        if chance(plan.slowness) {
            tally.slowMessages += 1
            return number(in: 20_000...3_000_000)
        }
        return number(in: 100...3000)
    }

    /// Sends to the log, perhaps twice.
    ///
    /// - Parameter action: What happens there, on behalf of a process.
    private func ask(_ node: SimulatedNode, _ action: @escaping (UInt64) -> Void) {
        let incarnation = node.incarnation
        let copies = isRough && chance(plan.repetition) ? 2 : 1
        if copies > 1 { tally.repeatedMessages += 1 }
        for _ in 0..<copies {
            guard let delay = delay(node) else { continue }
            let origin = world
            enter(after: delay) { [self] in
                guard origin == world else { return }
                // Servers that stand still answer nothing; some of what they got they did before.
                if downUntil <= now || chance(0.05) { action(incarnation) }
            }
        }
    }

    /// - Parameter least: How long it takes at least, for answers that come one after the other.
    @discardableResult
    private func answer(_ node: SimulatedNode, _ process: UInt64, after least: Int = 0, _ action: @escaping () -> Void)
        -> Int
    {
        let copies = isRough && chance(plan.repetition) ? 2 : 1
        var longest = least
        for _ in 0..<copies where downUntil <= now {
            guard let delay = delay(node) else { continue }
            longest = max(longest, delay)
            reach(node, process, after: max(least, delay), action)
        }
        return longest
    }

    func append(_ bytes: [UInt8], after expected: UInt64, _ number: UInt64, by node: SimulatedNode) {
        if plan.sabotage == .pipelined, isRough, node.member.writer.isLeader {
            // As if it were stored already; what the log says later counts for nothing.
            let (sequence, incarnation) = (expected + 1, node.incarnation)
            enter(after: 200) { [self] in
                guard node.isAlive, node.incarnation == incarnation else { return }
                perform(node, node.member.acknowledged(sequence, of: number, time: wall, now: clock))
            }
            return ask(node) { [self] _ in
                if let sequence = log.append(bytes, after: expected) { publish(bytes, at: sequence) }
            }
        }
        ask(node) { [self] process in store(bytes, after: expected, number, by: node, process) }
    }

    private func store(
        _ bytes: [UInt8],
        after expected: UInt64,
        _ number: UInt64,
        by node: SimulatedNode,
        _ process: UInt64
    ) {
        if isRough, chance(plan.moodiness) {
            tally.refusals += 1
            answer(node, process) { [self] in perform(node, node.member.refused(of: number, now: clock)) }
            return
        }
        var expectation = expected
        if plan.sabotage == .unfenced { expectation = log.last }
        if plan.sabotage == .resent, log.last > expected, log[log.last] != bytes { expectation = log.last }
        guard let sequence = log.append(bytes, after: expectation) else {
            answer(node, process) { [self] in perform(node, node.member.refused(of: number, now: clock)) }
            return
        }
        if let kept = plan.kept { log.trim(to: kept) }
        publish(bytes, at: sequence)
        let told = plan.sabotage == nil ? sequence : expected + 1
        answer(node, process) { [self] in
            perform(node, node.member.acknowledged(told, of: number, time: wall, now: clock))
        }
    }

    private func publish(_ bytes: [UInt8], at sequence: UInt64) {
        for node in nodes where node.isAlive {
            answer(node, node.incarnation) { [self] in
                perform(node, node.member.published(bytes, at: sequence, time: wall, now: clock))
            }
        }
    }

    /// What a server has under a number: one that is behind lacks the newest.
    private func stored(_ sequence: UInt64) -> [UInt8]? {
        if isRough, chance(plan.staleness) {
            tally.staleReads += 1
            return sequence + 5 > log.last ? nil : log[sequence]
        }
        return log[sequence]
    }

    func read(_ sequence: UInt64, by node: SimulatedNode) {
        ask(node) { [self] process in
            let bytes = stored(sequence)
            answer(node, process) { [self] in
                guard let bytes else { return perform(node, node.member.missing(sequence, now: clock)) }
                perform(node, node.member.found(bytes, at: sequence, time: wall, now: clock))
            }
        }
    }

    func fetch(from sequence: UInt64, count: Int, by node: SimulatedNode) {
        ask(node) { [self] process in
            // Several begin with the first that there is, without a word.
            let first = count == 1 ? sequence : max(sequence, log.first)
            var (missing, delay) = (false, 0)
            for place in first..<first + UInt64(count) {
                guard var bytes = stored(place) else {
                    missing = true
                    break
                }
                if plan.sabotage == .misread,
                    let beat = try? LogMessage(term: 1, writer: 7, [LogRecord(.beat, at: 0)]).bytes()
                {
                    bytes = beat
                }
                delay = answer(node, process, after: delay) { [self] in
                    perform(node, node.member.fetched(bytes, at: place, time: wall, now: clock))
                }
            }
            guard count > 1 || missing else { return }
            answer(node, process, after: delay) { [self] in
                let end = count > 1 ? LogReader.FetchEnd.complete : .missing
                perform(node, node.member.ended(from: sequence, end, time: wall, now: clock))
            }
        }
    }

    func askBounds(_ question: UInt64, by node: SimulatedNode) {
        ask(node) { [self] process in
            let (first, last) = (log.first, log.last)
            answer(node, process) { [self] in
                perform(node, node.member.bounds(first: first, last: last, for: question, time: wall, now: clock))
            }
        }
    }
}
