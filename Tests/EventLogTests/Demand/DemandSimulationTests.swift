import Glibc
import Testing

@testable import EventLog

/// Groups in bad worlds: what a relay wants and is heard to want is never told to be unwanted; and once there is peace
/// for three leases, the leader knows what all want, and after the next term everybody does.
///
/// Some worlds are tried each time. With `FANOUT_SIMULATIONS=10000`, or `5001-10000`, those seeds are.
@Suite(.timeLimit(.minutes(60)))
struct DemandSimulationTests {
    private static var seeds: ClosedRange<UInt64> {
        let text = unsafe getenv("FANOUT_SIMULATIONS").map { unsafe String(cString: $0) } ?? ""
        let bounds = text.split(separator: "-").compactMap { UInt64($0) }
        return bounds.count == 2 && bounds[0] <= bounds[1] ? bounds[0]...bounds[1] : 1...max(1, bounds.first ?? 40)
    }

    @Test func `nothing that is wanted ends, and all that isn't does, whatever is lost, late, repeated or restarted`() {
        var (tally, failures) = (DemandTally(), 0)
        for seed in Self.seeds where failures < 5 {
            let simulation = DemandSimulation(DemandPlan(seed: seed))
            simulation.run()
            tally.add(simulation.tally)
            guard !simulation.faults.isEmpty else { continue }
            Issue.record("\(simulation.faults.joined(separator: ", ")) in \(simulation.plan)")
            failures += 1
        }
        print("simulated demand: \(tally)")
        // They have met what they were made for, unless a few were picked.
        guard tally.runs >= 40 else { return }
        #expect(tally.lost > 0 && tally.late > 0 && tally.resyncs > 0 && tally.parts > 0)
        #expect(tally.restarts > tally.runs && tally.terms > 2 * tally.runs && tally.unwanted > tally.runs)
    }

    @Test(arguments: DemandPlan.Sabotage.allCases)
    func `a group that is broken on purpose is found out`(sabotage: DemandPlan.Sabotage) {
        let found = (UInt64(1)...100).first { seed in
            let simulation = DemandSimulation(DemandPlan(seed: seed, sabotage: sabotage))
            simulation.run()
            return !simulation.faults.isEmpty
        }
        #expect(found != nil, "\(sabotage)")
    }
}
