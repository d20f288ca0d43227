/// What is made of where the log begins and ends.
extension LogReader {
    /// Asks, unless an answer is awaited already.
    mutating func ask(now: Duration) -> [Action] {
        guard question == nil else { return [] }
        questions += 1
        question = Question(number: questions, until: now + timing.answer, head: head)
        return [.askBounds(question: questions)]
    }

    /// Nobody said where the log begins and ends; `tick` asks again.
    package mutating func noBounds(for number: UInt64, now: Duration) {
        guard let question, question.number == number else { return }
        unanswered = now
        self.question = Question(number: 0, until: now + timing.pause, head: question.head)
    }

    /// The numbers of the log's first and last message; the first is one more than the last of an empty log.
    ///
    /// An answer that comes too late is passed over: it can't be compared with what was read since.
    package mutating func bounds(first: UInt64, last: UInt64, for number: UInt64, now: Duration) -> [Action] {
        guard let asked = question, asked.number == number, last <= RecordLimits.number else { return [] }
        question = nil
        heard = now
        let first = min(max(first, 1), last + 1)
        if case .opening = phase {
            head = first - 1
            end = max(last, ahead.keys.max() ?? 0)
            phase = .catchingUp(to: last)
            dropAhead(through: head)
            return (head > 0 ? [.gone(after: 0, next: first)] : []) + takeAhead(now: now)
        }
        guard last >= asked.head else { return suspect(now: now) }
        suspicion = nil
        guard last >= head else { return [] }
        if case .catchingUp(let goal) = phase { phase = .catchingUp(to: min(goal, last)) }
        // What is gone can't be compared.
        if first > head { isUnverified = false }
        let told = pass(first: first, last: last, now: now)
        end = max(last, ahead.keys.max() ?? 0)
        return told + takeAhead(now: now)
    }

    /// The log seems to end before what was read; a leader of the servers' that has just begun may say so, too.
    private mutating func suspect(now: Duration) -> [Action] {
        guard let since = suspicion else {
            suspicion = now
            return []
        }
        return now - since >= timing.silence ? rewind(now: now) : []
    }

    /// How often it has to be said that a message isn't there.
    private static let leastAnswers = 20

    /// Passes over what isn't there any more.
    private mutating func pass(first: UInt64, last: UInt64, now: Duration) -> [Action] {
        if first > head + 1 { return pass(to: first) }
        // Time alone says nothing: the process may have stood still.
        guard last > head, let lack, lack.answers >= Self.leastAnswers else { return [] }
        return now - lack.since >= options.missingTimeout ? pass(to: head + 2) : []
    }

    private mutating func pass(to next: UInt64) -> [Action] {
        let before = head
        counts.gone += next - 1 - head
        head = next - 1
        lack = nil
        dropAhead(through: head)
        return [.gone(after: before, next: next)]
    }
}
