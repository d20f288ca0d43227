import Glibc
import Testing

@testable import EventLog

/// Takeovers in bad worlds: young and old feeds, slow and busy topics, events that come late, leaders that stand still,
/// lose their own operation, or have taken over themselves.
///
/// Some are tried each time. With `FANOUT_TAKEOVERS=40000`, so many of each kind.
@Suite(.timeLimit(.minutes(60)))
struct StandbySimulationTests {
    private static let count = unsafe getenv("FANOUT_TAKEOVERS").flatMap { unsafe UInt64(String(cString: $0)) } ?? 250

    private static func play(
        _ payloads: TakeoverPlan.Payloads,
        _ change: (inout TakeoverPlan) -> Void = { _ in }
    ) -> [TakeoverTrial.Outcome: Int] {
        var outcomes: [TakeoverTrial.Outcome: Int] = [:]
        for seed in 1...count {
            var plan = TakeoverPlan(seed: seed, payloads: payloads)
            change(&plan)
            var trial = TakeoverTrial(plan)
            let outcome = trial.play()
            if outcome == .wrong, outcomes[.wrong] == nil { print("first wrong place: \(payloads), seed \(seed)") }
            outcomes[outcome, default: 0] += 1
        }
        return outcomes
    }

    private static func text(_ outcomes: [TakeoverTrial.Outcome: Int]) -> String {
        outcomes.map { outcome, count in
            if case .gap(let obstacle) = outcome { "\(obstacle.name) \(count)" } else { "\(outcome) \(count)" }
        }
        .sorted().joined(separator: ", ")
    }

    @Test(arguments: TakeoverPlan.Payloads.allCases)
    func `no place is wrong, however much payloads are alike`(payloads: TakeoverPlan.Payloads) {
        let outcomes = Self.play(payloads)
        print("took over \(payloads): \(Self.text(outcomes))")
        #expect(outcomes[.wrong] == nil)
        // Nobody sends something else, and many places are found.
        #expect(outcomes[.gap(.different)] == nil)
        #expect(outcomes[.exact, default: 0] > Int(Self.count) / 4)
    }

    @Test(arguments: [TakeoverPlan.Rule.tail, .overlap], [TakeoverPlan.Payloads.same, .cycle])
    func `rules that choose what looks alike are found out`(
        rule: TakeoverPlan.Rule,
        payloads: TakeoverPlan.Payloads
    ) {
        let outcomes = Self.play(payloads) { $0.rule = rule }
        print("took over by \(rule), \(payloads): \(Self.text(outcomes))")
        #expect(outcomes[.wrong, default: 0] > 0)
    }

    @Test func `a standby that allows for no lateness is found out`() {
        let outcomes = Self.play(.same) { $0.lateness = 0 }
        print("took over in haste, same: \(Self.text(outcomes))")
        #expect(outcomes[.wrong, default: 0] > 0)
    }

    @Test func `a server that sends each subscription another order is found out, and some places are found`() {
        // Where two swapped neighbours are the log's last and the feed's next, nobody can see it.
        let outcomes = Self.play(.different) { $0.isUnordered = true }
        print("took over out of order, different: \(Self.text(outcomes))")
        #expect(outcomes[.gap(.different), default: 0] > 0)
        #expect(outcomes[.exact, default: 0] > Int(Self.count) / 4)
        #expect(outcomes[.wrong, default: 0] <= Int(Self.count) / 100)
    }
}

extension AlignmentObstacle {
    /// A word for a table.
    fileprivate var name: String {
        switch self {
        case .young: "young"
        case .resuming: "resuming"
        case .behind: "behind"
        case .ambiguous: "ambiguous"
        case .different: "different"
        case .trimmed: "trimmed"
        case .interrupted: "interrupted"
        }
    }
}
