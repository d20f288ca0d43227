import TestSupport
import Testing

@testable import Backoffs

@Suite(.timeLimit(.minutes(1)))
struct FreeInterruptionTests {
    private let plain = Backoff(waits: .exponential(), jitter: .none)
    private let free: @Sendable (any Error) -> Bool = { $0 as? Failure == Failure("link") }

    /// What happens to a machine, in this order.
    private enum Event {
        case opened
        case delivered
        case failed(String)
        case completed
    }

    private func words(_ backoff: Backoff, _ events: [(at: Duration, Event)]) -> [String] {
        var machine = RestartMachine(
            backoff,
            completion: .restart,
            stableAfter: .seconds(10),
            stableFrom: .opening,
            isFree: free
        )
        var generator = SplitMix(seed: 5)
        return events.compactMap { now, event in
            let reason: StreamInterruption
            switch event {
            case .opened: return machine.opened(at: now) ? "resumed" : nil
            case .delivered:
                machine.delivered(at: now)
                return nil
            case .failed(let name): reason = .failure(Failure(name))
            case .completed: reason = .completion
            }
            switch machine.interrupted(by: reason, at: now, using: &generator) {
            case .interrupt(let wait): return "interrupt \(wait.canonicalText)"
            case .reopen(let wait): return "reopen \(wait.canonicalText)"
            case .end(let end): return StreamEvent<Int>.ended(end).word
            }
        }
    }

    @Test func `a free interruption is told, and costs no try and no wait`() {
        let words = words(
            plain.limited(tries: 2),
            (0..<5).flatMap { [(at: .seconds($0), .opened), (at: .seconds($0), .failed("link"))] }
                + [(at: .seconds(5), .opened), (at: .seconds(5), .failed("a"))]
        )
        let outages = Array(repeating: ["resumed", "interrupt 0s"], count: 4).flatMap(\.self)
        #expect(words == ["interrupt 0s"] + outages + ["resumed", "interrupt 1s"])
    }

    @Test func `a free interruption doesn't renew a budget that others spend`() {
        let words = words(
            plain.limited(tries: 3),
            [
                (.zero, .opened), (.zero, .failed("a")), (.seconds(1), .opened), (.seconds(1), .failed("link")),
                (.seconds(2), .opened), (.seconds(2), .failed("a")), (.seconds(4), .opened),
                (.seconds(4), .failed("link")), (.seconds(5), .opened), (.seconds(5), .failed("a")),
            ]
        )
        #expect(
            words == [
                "interrupt 1s", "resumed", "interrupt 0s", "resumed", "interrupt 2s", "resumed", "interrupt 0s",
                "resumed", "gave up: all tries are spent, a",
            ]
        )
    }

    @Test func `a stream that stayed has earned a fresh budget, though its end was free`() {
        let words = words(
            plain.limited(tries: 2),
            [
                (.zero, .opened), (.zero, .failed("a")), (.seconds(1), .opened), (.seconds(11), .failed("link")),
                (.seconds(12), .opened), (.seconds(12), .failed("a")),
            ]
        )
        #expect(words == ["interrupt 1s", "resumed", "interrupt 0s", "resumed", "interrupt 1s"])
    }

    @Test func `the wait for what is shared is no time of the budget`() {
        let limited = Backoff(waits: .constant(.seconds(2)), jitter: .none, maxTime: .seconds(5))
        let words = words(
            limited,
            [
                (.zero, .opened), (.zero, .failed("a")), (.seconds(2), .opened), (.seconds(2), .failed("link")),
                // An hour without a link, then one second more of the outage.
                (.seconds(3_602), .opened), (.seconds(3_603), .failed("a")), (.seconds(3_605), .opened),
                (.seconds(3_605), .failed("link")), (.seconds(7_205), .failed("a")),
            ]
        )
        #expect(
            words == [
                "interrupt 2s", "resumed", "interrupt 0s", "resumed", "interrupt 2s", "resumed", "interrupt 0s",
                "gave up: the time is spent, a",
            ]
        )
    }

    @Test func `an opening that fails is charged, whatever it throws`() {
        let words = words(
            plain.limited(tries: 3),
            [
                (.zero, .opened), (.zero, .failed("link")), (.zero, .failed("link")), (.seconds(1), .failed("link")),
                (.seconds(3), .failed("link")),
            ]
        )
        #expect(words == ["interrupt 0s", "reopen 1s", "reopen 2s", "gave up: all tries are spent, link"])
    }

    @Test func `streams that are free to fail at once are opened ten times a second at most`() {
        let moments = [0, 0, 100, 200, 340, 1_000].map { Duration.milliseconds($0) }
        let words = words(plain, moments.flatMap { [(at: $0, .opened), (at: $0, .failed("link"))] })
        #expect(
            words.filter { $0 != "resumed" } == [
                "interrupt 0s", "interrupt 100ms", "interrupt 100ms", "interrupt 100ms", "interrupt 60ms",
                "interrupt 0s",
            ]
        )
    }

    @Test func `what is fatal is never free, and a completion can be`() {
        let machine = { (backoff: Backoff) in
            RestartMachine(
                backoff,
                completion: .restart,
                stableAfter: .seconds(10),
                stableFrom: .opening,
                isFree: { _ in true }
            )
        }
        var generator = SplitMix(seed: 5)
        for (backoff, isFatal) in [(plain, false), (plain.givingUp { _ in true }, true)] {
            var machine = machine(backoff)
            _ = machine.opened(at: .zero)
            let reaction = machine.interrupted(by: .completion, at: .zero, using: &generator)
            switch reaction {
            case .interrupt(.zero): #expect(!isFatal)
            case .end: #expect(isFatal)
            default: Issue.record("unexpected: \(reaction)")
            }
        }
    }

    @Test func `a free interruption and the resumption are events, and nobody sleeps`() async {
        let clock = ManualClock()
        let opened = Record<Int>()
        let stream = restarting(with: .off, stableFrom: .opening, isFree: free, clock: clock) {
            opened.append(1)
            let failure = opened.entries.count == 1 ? "link" : "a"
            return Scripted(elements: [opened.entries.count], failure: Failure(failure))
        }
        var words: [String] = []
        for await event in stream { words.append(event.word) }
        #expect(words == ["1", "interrupted by link", "resumed", "2", "gave up: all tries are spent, a"])
        #expect(clock.now.offset == .zero)
    }
}
