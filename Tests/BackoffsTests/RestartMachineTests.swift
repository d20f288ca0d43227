import TestSupport
import Testing

@testable import Backoffs

struct RestartMachineTests {
    private let generator = SplitMix(seed: 5)

    private func machine(
        _ backoff: Backoff,
        completion: CompletionPolicy = .restart,
        stableFrom: StableFrom = .firstElement
    ) -> RestartMachine {
        RestartMachine(backoff, completion: completion, stableAfter: .seconds(10), stableFrom: stableFrom)
    }

    private func word(_ reaction: RestartMachine.Reaction) -> String {
        switch reaction {
        case .interrupt(let wait): "interrupt \(wait.canonicalText)"
        case .reopen(let wait): "reopen \(wait.canonicalText)"
        case .end(let end): StreamEvent<Int>.ended(end).word
        }
    }

    private let three = Backoff(waits: .exponential(), jitter: .none, maxTries: 3)

    @Test func `an outage is reported once, however many tries it takes`() {
        var machine = machine(three)
        var generator = generator
        var words: [String] = []
        for name in ["a", "b", "c"] {
            words.append(word(machine.interrupted(by: .failure(Failure(name)), at: .zero, using: &generator)))
        }
        #expect(words == ["interrupt 1s", "reopen 2s", "gave up: all tries are spent, c"])
        #expect(machine.phase == .ended)
    }

    @Test func `only a stream that ends an outage is a resumption`() {
        var machine = machine(three)
        var generator = generator
        let first = machine.opened(at: .zero)
        _ = machine.interrupted(by: .completion, at: .zero, using: &generator)
        let second = machine.opened(at: .zero)
        #expect((first, second) == (false, true))
    }

    /// One link after the other, as open for a time, delivering from a moment, then failing.
    @Test(arguments: [
        // opens, first element after, drops after: how many links until it is given up, nil if it never is
        (StableFrom.firstElement, Duration?.some(.zero), Duration.seconds(10), Int?.none),
        (.firstElement, .seconds(1), .seconds(11), nil),
        (.firstElement, .seconds(1), .seconds(10), 3),
        (.firstElement, nil, .seconds(3600), 3),
        (.opening, nil, .seconds(10), nil),
        (.opening, .seconds(9), .seconds(10), nil),
        (.opening, nil, .seconds(9), 3),
        (.opening, .zero, .zero, 3),
    ])
    func `D6 a stable link never exhausts the budget, an unstable one does`(
        from: StableFrom,
        firstElement: Duration?,
        drop: Duration,
        links: Int?
    ) {
        var machine = machine(three, stableFrom: from)
        var generator = generator
        var now = Duration.zero
        for link in 1...100 {
            _ = machine.opened(at: now)
            if let firstElement { machine.delivered(at: now + firstElement) }
            now += drop
            switch machine.interrupted(by: .failure(Failure()), at: now, using: &generator) {
            case .interrupt(let wait): now += wait
            case .reopen: Issue.record("the stream was open")
            case .end:
                #expect(link == links)
                return
            }
        }
        #expect(links == nil)
    }

    @Test func `D6 the time of the budget begins with the outage, not with the link`() {
        var machine = machine(Backoff(waits: .constant(.seconds(2)), jitter: .none, maxTime: .seconds(5)))
        var generator = generator
        _ = machine.opened(at: .zero)
        let moments: [Duration] = [.seconds(3600), .seconds(3602), .seconds(3604), .seconds(3605)]
        let words = moments.map { word(machine.interrupted(by: .failure(Failure()), at: $0, using: &generator)) }
        #expect(words == ["interrupt 2s", "reopen 2s", "reopen 1s", "gave up: the time is spent, failure"])
    }

    @Test func `the time of the first opening counts from its start`() {
        var machine = machine(Backoff(waits: .constant(.seconds(2)), jitter: .none, maxTime: .seconds(5)))
        var generator = generator
        let reaction = machine.interrupted(by: .failure(Failure()), at: .seconds(6), using: &generator)
        #expect(word(reaction) == "gave up: the time is spent, failure")
    }

    @Test(arguments: [(CompletionPolicy.restart, "interrupt 1s"), (.end, "completed")])
    func `completion is treated as told`(policy: CompletionPolicy, expected: String) {
        var machine = machine(three, completion: policy)
        var generator = generator
        _ = machine.opened(at: .zero)
        #expect(word(machine.interrupted(by: .completion, at: .zero, using: &generator)) == expected)
    }

    @Test func `streams that complete at once spend the budget too`() {
        var machine = machine(three)
        var generator = generator
        var words: [String] = []
        for _ in 1...3 {
            _ = machine.opened(at: .zero)
            words.append(word(machine.interrupted(by: .completion, at: .zero, using: &generator)))
        }
        #expect(words == ["interrupt 1s", "interrupt 2s", "gave up: all tries are spent, completion"])
    }

    @Test func `a completion can be called fatal like an error`() {
        var machine = machine(three.givingUp { $0 is StreamCompleted })
        var generator = generator
        _ = machine.opened(at: .zero)
        let reaction = machine.interrupted(by: .completion, at: .zero, using: &generator)
        #expect(word(reaction) == "gave up: the error is fatal, completion")
    }

    @Test func `handlers can tell a restart after completion from one after a failure`() {
        let record = Record<String>()
        let note = { @Sendable (details: Backoff.Details) in
            record.append(details.error is StreamCompleted ? "completion" : (details.error as? Failure)?.name ?? "-")
        }
        var machine = machine(three.observed(onRetry: note, onGiveUp: note))
        var generator = generator
        for reason in [StreamInterruption.completion, .failure(Failure("a")), .completion]
        where machine.phase != .ended {
            _ = machine.opened(at: .zero)
            _ = machine.interrupted(by: reason, at: .zero, using: &generator)
        }
        #expect(record.entries == ["completion", "a", "completion"])
    }

    @Test func `a limit that is a closure is asked once for each outage`() {
        let asked = Record<Int>()
        let backoff = Backoff(waits: .constant(.seconds(1)), jitter: .none).limited(tries: {
            asked.append(1)
            return asked.entries.count == 1 ? 3 : 2
        })
        var machine = machine(backoff)
        var generator = generator
        var words: [String] = []
        for start in [Duration.seconds(100), .seconds(200)] where machine.phase != .ended {
            _ = machine.opened(at: start)
            machine.delivered(at: start)
            for moment in [start + .seconds(20), start + .seconds(21)] {
                words.append(word(machine.interrupted(by: .failure(Failure()), at: moment, using: &generator)))
            }
        }
        #expect(words == ["interrupt 1s", "reopen 1s", "interrupt 1s", "gave up: all tries are spent, failure"])
        #expect(asked.entries.count == 2)
    }

    @Test func `success is reported with the first element and leaves the budget`() {
        let record = Record<Int>()
        var backoff = three
        backoff.onSuccess = { record.append($0.tries) }
        var machine = machine(backoff)
        var generator = generator
        var ended = false
        for _ in 1...3 {
            _ = machine.opened(at: .zero)
            machine.delivered(at: .zero)
            if case .end = machine.interrupted(by: .failure(Failure()), at: .zero, using: &generator) { ended = true }
        }
        #expect(record.entries == [1, 2, 3])
        #expect(ended)
    }
}
