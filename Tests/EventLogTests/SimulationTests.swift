import Glibc
import Testing

@testable import EventLog

/// Groups in bad worlds: one leader in a term, no event lost untold, none twice, none out of order, no number left out,
/// no gap but where something may be missing; and once there is peace, everybody knows all.
///
/// Some worlds are tried each time. With `FANOUT_SIMULATIONS=10000`, or `5001-10000`, those seeds are.
@Suite(.timeLimit(.minutes(60)))
struct SimulationTests {
    private static var seeds: ClosedRange<UInt64> {
        let text = unsafe getenv("FANOUT_SIMULATIONS").map { unsafe String(cString: $0) } ?? ""
        let bounds = text.split(separator: "-").compactMap { UInt64($0) }
        return bounds.count == 2 && bounds[0] <= bounds[1] ? bounds[0]...bounds[1] : 1...max(1, bounds.first ?? 20)
    }

    /// Runs them all, and tells what they have met.
    private static func run(_ kind: String, _ change: (inout SimulationPlan) -> Void = { _ in }) -> SimulationTally {
        var (tally, failures) = (SimulationTally(), 0)
        for seed in seeds {
            var plan = SimulationPlan(seed: seed)
            change(&plan)
            let simulation = Simulation(plan)
            simulation.run()
            tally.add(simulation.tally)
            guard !simulation.faults.isEmpty else { continue }
            Issue.record("\(simulation.faults.joined(separator: ", ")) in \(plan)")
            failures += 1
            if failures == 5 { break }
        }
        print("simulated \(kind): \(tally)")
        return tally
    }

    @Test func `nothing is lost untold, whatever is lost, late, repeated, stopped or killed`() {
        let tally = Self.run("groups")
        // They have met what they were made for, unless a few were picked.
        guard tally.runs >= 20 else { return }
        #expect(tally.takeovers > tally.runs && tally.conflicts > 0 && tally.doubts > 0 && tally.lostBids > 0)
        #expect(tally.holes > 0 && tally.gone > 0 && tally.dropped > 0 && tally.aligned > 0 && tally.gaps > 0)
        #expect(tally.crashes > 0 && tally.pauses > 0 && tally.cuts > 0 && tally.handOvers > 0)
        #expect(tally.demotions.count >= 3)
    }

    @Test func `a hot group whose processes live and whose log is whole has no gap once there were events`() {
        let tally = Self.run("hot groups") { plan in
            plan.isHot = true
            plan.kills = false
            plan.kept = nil
            plan.outbox = 1 << 24
        }
        #expect(tally.unaligned == 0)
        #expect(tally.runs < 20 || tally.aligned > 0 && tally.takeovers > tally.runs)
    }

    @Test func `a log that is put back to what it was is told, and its numbers aren't gone on with`() {
        let tally = Self.run("rewound logs") { $0.isRewound = true }
        #expect(tally.runs < 20 || tally.rewinds > 0 && tally.demotions[.rewound, default: 0] > 0)
    }

    @Test(arguments: SimulationPlan.Sabotage.allCases)
    func `a group that is broken on purpose is found out`(sabotage: SimulationPlan.Sabotage) {
        let found = (UInt64(1)...40).first { seed in
            let simulation = Simulation(SimulationPlan(seed: seed, sabotage: sabotage))
            simulation.run()
            return !simulation.faults.isEmpty
        }
        #expect(found != nil, "\(sabotage)")
    }
}
