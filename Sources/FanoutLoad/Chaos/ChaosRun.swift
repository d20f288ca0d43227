/// A run: faults one after the other, with the group well in between, and what each did.
final class ChaosRun {
    private let plan: ChaosPlan
    private let group: any ChaosGroup
    private let loop: ChaosLoop
    private let progress: ChaosProgress
    /// What was found so far.
    private(set) var results: [FaultResult]
    /// Why the run ended before its last fault; nil if it didn't.
    private(set) var ending: String?
    /// What clients had got at the end of the fault before: what happens in between belongs to the next one.
    private var before = (counts: ClientJudge.Counts(), breaks: UInt64(0))

    /// - Parameter results: Those of an earlier run, which this one goes on with.
    init(_ plan: ChaosPlan, group: any ChaosGroup, loop: ChaosLoop, results: [FaultResult]) {
        (self.plan, self.group, self.loop, self.results) = (plan, group, loop, results)
        progress = ChaosProgress(total: plan.order.count)
    }

    /// Plays all faults that are left, or those until a signal comes; each result is noted.
    func play(_ note: ([FaultResult]) throws -> Void) throws {
        defer {
            group.end()
            loop.close()
        }
        do {
            try group.start()
            loop.connectClients(plan.clients, plan.script)
            if let trouble = try recover() { throw ChildProcess.Failure(description: trouble) }
            before = (loop.counts, loop.breaks)
            for number in results.count..<plan.order.count {
                results.append(try play(number))
                try note(results)
                progress.show(results)
                // A group that isn't well tells nothing about the next fault.
                if results.last?.trouble != nil {
                    ending = "the run ended at fault \(results.count) of \(plan.order.count)"
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
        defer { before = (loop.counts, loop.breaks) }
        loop.sendHome()
        try loop.pass(plan.pause + .milliseconds(Int.random(in: 0...1000, using: &draw)))
        var trouble = try hearAll()
        _ = loop.takeStalls()
        loop.note(hit: nil)
        var begun = ContinuousClock.now
        do {
            try group.perform(name, draw) { hit in
                begun = .now
                loop.note(hit: hit)
            }
        } catch let found as FaultTrouble {
            trouble = trouble ?? found.description
        }
        if let found = try recover() { trouble = trouble ?? found }
        let recovery = ContinuousClock.now - begun
        let stalls = loop.takeStalls()
        return FaultResult(
            name,
            stall: stalls.others,
            stallOfHit: stalls.hit,
            recovery: recovery,
            counts: loop.counts - before.counts,
            breaks: loop.breaks &- before.breaks,
            mayTellGap: group.mayTellGap(name),
            trouble: trouble
        )
    }

    /// Waits until the group is well, and every client has had an event since; why it isn't, or nil.
    private func recover() throws -> String? {
        var words: String?
        let isReady = try loop.wait(atMost: plan.recovery) {
            words = try group.trouble()
            return words == nil
        }
        guard isReady else {
            return "\(words ?? "the group isn't well") after \(Int(plan.recovery / .seconds(1))) s"
        }
        return try hearAll()
    }

    /// Waits until every client has had an event from now on; which haven't, or nil.
    private func hearAll() throws -> String? {
        let start = ContinuousClock.now
        var fresh = 0
        let isHeard = try loop.wait(atMost: plan.recovery) {
            fresh = loop.fresh(since: start)
            return fresh == plan.clients
        }
        let limit = "after \(Int(plan.recovery / .seconds(1))) s"
        return isHeard ? nil : "\(plan.clients - fresh) clients have no event \(limit)"
    }
}
