extension LoadRun {
    /// Starts connections, as many as the rate and the burst allow.
    mutating func openMore(_ now: ContinuousClock.Instant, since start: ContinuousClock.Instant) throws(SystemError) {
        var allowed = plan.stages == nil ? plan.connections : 0
        if let rate = plan.connectRate {
            allowed = min(allowed, Int((now - start) / .seconds(1) * Double(rate)) + 1)
        }
        let burst = plan.connectRate == nil ? plan.connectBurst : 16 * LoadPlan.usualBurst
        while turns.begun < allowed, mayOpen(burst) {
            try connect(turns.begun, now)
            turns.begun += 1
        }
    }

    /// Gives up connections that take too long to open.
    mutating func expire(_ now: ContinuousClock.Instant) throws(SystemError) {
        while let index = turns.deadlines.next(now) {
            // The connection may have been renewed since.
            guard links[index].isOpening, let begun = links[index].begun, now - begun >= plan.handshakeTimeout else {
                continue
            }
            let before = state(of: index)
            links[index].client.timedOut()
            try settle(index, before, now)
        }
    }

    /// Does what is due while the window is open.
    mutating func takeTurns(_ now: ContinuousClock.Instant) throws(SystemError) {
        try expire(now)
        while let index = turns.departures.next(now) {
            let before = state(of: index)
            links[index].client.leave()
            try settle(index, before, now)
        }
        while mayOpen(plan.connectBurst), let index = turns.returns.next(now) { try connectAgain(index, now) }
        while mayOpen(plan.connectBurst), let index = turns.comebacks.next(now) { try connectAgain(index, now) }
        try followStages(now)
        try crawl(now)
        try sendPings(now)
    }

    /// Opens and leaves connections, so that as many are open as the stage wants.
    private mutating func followStages(_ now: ContinuousClock.Instant) throws(SystemError) {
        guard let stages = plan.stages, let window else { return }
        let wanted = stages.target(at: now - window.start)
        while turns.staged > wanted {
            turns.staged -= 1
            let before = state(of: turns.staged)
            links[turns.staged].client.leave()
            try settle(turns.staged, before, now)
        }
        while turns.staged < wanted, mayOpen(plan.connectBurst) {
            try connectAgain(turns.staged, now)
            turns.staged += 1
        }
    }

    private mutating func connectAgain(_ index: Int, _ now: ContinuousClock.Instant) throws(SystemError) {
        links[index].renew()
        try connect(index, now)
    }

    private mutating func connect(_ index: Int, _ now: ContinuousClock.Instant) throws(SystemError) {
        let before = state(of: index)
        try links[index].connect(to: plan, poller: poller, now: now)
        turns.deadlines.add(index, due: now + plan.handshakeTimeout)
        try settle(index, before, now)
        // A connect that fails at once never counted as opening.
        if links[index].client.hasEnded { turns.ended(index, links[index].role, now) }
    }

    /// Reads a little from the crawlers whose turn it is; the turns are spread over a second.
    private mutating func crawl(_ now: ContinuousClock.Instant) throws(SystemError) {
        guard let window, !turns.crawlers.isEmpty else { return }
        let due = Int((now - window.start) / .seconds(1) * Double(turns.crawlers.count))
        turns.crawlSlots = max(turns.crawlSlots, due - turns.crawlers.count)
        while turns.crawlSlots < due {
            let index = turns.crawlers[turns.crawlSlots % turns.crawlers.count]
            turns.crawlSlots += 1
            guard links[index].isOpen else { continue }
            let before = state(of: index)
            links[index].read(through: &buffer, limit: Link.crawl, script: script, into: &measurements)
            try settle(index, before, now)
        }
    }

    /// Pings the readers whose turn it is; the turns are spread over the interval.
    private mutating func sendPings(_ now: ContinuousClock.Instant) throws(SystemError) {
        guard let interval = plan.pingInterval, let window else { return }
        let due = Int((now - window.start) / interval * Double(links.count))
        turns.pingSlots = max(turns.pingSlots, due - links.count)
        while turns.pingSlots < due {
            let index = turns.pingSlots % links.count
            turns.pingSlots += 1
            guard !links[index].role.isSlow else { continue }
            let before = state(of: index)
            links[index].client.ping()
            try settle(index, before, now)
        }
    }
}
