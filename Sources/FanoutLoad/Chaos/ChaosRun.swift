import CommandSupport

/// A run: faults one after the other, with the group well in between, and what each did.
final class ChaosRun {
    private let plan: ChaosPlan
    private let group: StartedGroup
    private let loop: ChaosLoop
    private var progress: ChaosProgress
    /// What was found so far.
    private(set) var results: [FaultResult]
    /// Why the run ended before its last fault; nil if it didn't.
    private(set) var ending: String?

    init(_ plan: ChaosPlan, group: StartedGroup, loop: ChaosLoop, results: [FaultResult]) {
        (self.plan, self.group, self.loop, self.results) = (plan, group, loop, results)
        progress = ChaosProgress(total: plan.order.count)
    }

    /// Plays all faults that are left, or those until a signal comes.
    func play(_ note: ([FaultResult]) throws -> Void) throws {
        defer {
            group.end()
            loop.close()
        }
        do {
            try group.start()
            loop.connectClients(plan.clients)
            if let trouble = try recover() { throw ChildProcess.Failure(description: trouble) }
            for number in results.count..<plan.order.count {
                results.append(try play(number))
                try note(results)
                progress.show(results, of: plan.order)
                // A group that isn't well tells nothing about the next fault.
                if let trouble = results.last?.trouble {
                    ending = trouble
                    break
                }
            }
        } catch ChaosLoop.Ending.interrupted {
            ending = "a signal ended the run"
        } catch ChaosLoop.Ending.overtime {
            ending = "the run's limit is reached"
        }
    }

    private func play(_ number: Int) throws -> FaultResult {
        let name = plan.order[number]
        var draw = Draw(seed: plan.seed &+ UInt64(number) &* 1_000_003)
        try loop.pass(plan.pause + .milliseconds(Int.random(in: 0...1000, using: &draw)))
        let before = (counts: loop.counts, breaks: loop.breaks)
        _ = loop.takeLongestStall()
        var begun = ContinuousClock.now
        var trouble: String?
        let kind = FaultKind(rawValue: name)
        var script = FaultScript(group: group, loop: loop, draw: draw)
        do {
            if let kind { try script.perform(kind) { begun = .now } }
        } catch let found as FaultScript.Trouble {
            trouble = found.description
        }
        if let found = try recover() { trouble = trouble ?? found }
        let recovery = ContinuousClock.now - begun
        return FaultResult(
            name,
            stall: loop.takeLongestStall(),
            recovery: recovery,
            counts: loop.counts - before.counts,
            breaks: loop.breaks &- before.breaks,
            mayTellGap: kind?.mayTellGap(group.plan.standby) ?? true,
            trouble: trouble
        )
    }

    /// Waits until the group is well: all relays are ready, one leads, and every client has had an event since.
    private func recover() throws -> String? {
        var words = "the group isn't well"
        let isReady = try loop.wait(atMost: plan.recovery) {
            for index in group.members.indices where !(try group.isReady(index)) {
                words = "\(group.members[index].node) isn't ready"
                return false
            }
            let leaders = try group.leaders().count
            words = "\(leaders) relays lead"
            return leaders == 1
        }
        guard isReady else { return "\(words) after \(plan.recovery)" }
        let ready = ContinuousClock.now
        var fresh = 0
        let isHeard = try loop.wait(atMost: plan.recovery) {
            fresh = loop.fresh(since: ready)
            return fresh == plan.clients
        }
        return isHeard ? nil : "\(plan.clients - fresh) clients have no event after \(plan.recovery)"
    }
}
