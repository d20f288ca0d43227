/// A run: opens the connections, receives for as long as asked, looks at what is left, and sums up.
///
/// All on one thread. A delivery costs its share of one `recv` of up to 64 KiB and of one `epoll_wait`, and no allocation.
struct LoadRun: ~Copyable {
    private enum Phase {
        /// Connections are being opened.
        case ramping
        /// All connections are settled: the time that counts.
        case measuring(until: ContinuousClock.Instant)
        /// Pongs are awaited, and the never-reading are read at last, to learn how they were closed.
        case draining(until: ContinuousClock.Instant)
        case over
    }

    /// Connections opening at once when there is no rate: more would outrun a usual listen queue.
    private static let burst = 64
    private static let drain = Duration.seconds(1)

    private let plan: LoadPlan
    private let script: ClientScript
    private let start = ContinuousClock.now
    private var phase = Phase.ramping
    private var poller: Poller
    private var links: [Link]
    private var buffer = [UInt8](repeating: 0, count: 65536)
    private var progress: Progress
    private var window: Window?

    private var begun = 0
    private var opening = 0
    private var oldestOpening = 0
    /// Readers that stand and have not yet had `--events` events.
    private var unsatisfied = 0
    private var openReaders = 0
    private var pingSlots = 0

    init(_ plan: LoadPlan) throws(SystemError) {
        self.plan = plan
        script = ClientScript(plan)
        poller = try Poller()
        links = (0..<plan.connections).map { Link(index: $0, neverReads: plan.neverReads($0)) }
        progress = Progress(start: start)
    }

    /// Runs to the end and sums up.
    mutating func perform() throws(SystemError) -> Summary {
        while true {
            let now = ContinuousClock.now
            try advance(now)
            if case .over = phase { break }
            if progress.isDue(now) { StandardStream.error.write(progress.line(Totals(links), now: now)) }
            let isPaced = (plan.connectRate != nil && begun < plan.connections) || plan.pingInterval != nil
            for position in 0..<(try poller.wait(milliseconds: isPaced ? 2 : 20)) {
                let event = poller[position]
                try handle(event)
            }
        }
        return Summary(plan: plan, links: links, window: window, wasInterrupted: Interruption.happened)
    }

    private mutating func handle(_ event: Poller.Event) throws(SystemError) {
        let before = state(of: event.index)
        if event.isWritable { links[event.index].finishConnect(script) }
        if event.isReadable { links[event.index].read(through: &buffer, script: script) }
        try settle(event.index, before)
    }
}

extension LoadRun {
    /// What of a link the run's own counters depend on.
    private struct LinkState {
        var isOpening: Bool
        var isOpenReader: Bool
        var isUnsatisfied: Bool
    }

    private func state(of index: Int) -> LinkState {
        let isOpenReader = links[index].isOpen && !links[index].neverReads
        let isShort = links[index].client.counts.deliveries < plan.events ?? 0
        return LinkState(
            isOpening: links[index].isOpening,
            isOpenReader: isOpenReader,
            isUnsatisfied: isOpenReader && isShort
        )
    }

    /// Sends, closes and keeps count after something happened to a link.
    private mutating func settle(_ index: Int, _ before: LinkState) throws(SystemError) {
        try links[index].settle(poller)
        let after = state(of: index)
        opening += (after.isOpening ? 1 : 0) - (before.isOpening ? 1 : 0)
        openReaders += (after.isOpenReader ? 1 : 0) - (before.isOpenReader ? 1 : 0)
        unsatisfied += (after.isUnsatisfied ? 1 : 0) - (before.isUnsatisfied ? 1 : 0)
    }

    private mutating func advance(_ now: ContinuousClock.Instant) throws(SystemError) {
        switch phase {
        case .ramping:
            try openMore(now)
            try expire(now)
            if Interruption.happened || (begun == plan.connections && opening == 0) {
                window = Window(links, now: now, sinceStart: now - start)
                phase = .measuring(until: now + plan.duration)
            }
        case .measuring(let until):
            try sendPings(now)
            if now >= until || hasNothingToAwait {
                window?.end(links, now: now)
                try beginDrain()
                phase = .draining(until: now + Self.drain)
            }
        case .draining(let until):
            guard now >= until || !links.contains(where: \.owesAnything) else { return }
            for index in links.indices {
                let before = state(of: index)
                links[index].client.leave()
                try settle(index, before)
            }
            phase = .over
        case .over:
            break
        }
    }

    /// Whether waiting any longer can't change anything.
    private var hasNothingToAwait: Bool {
        if Interruption.happened || (plan.events != nil && unsatisfied == 0) { return true }
        let hadReaders = plan.neverReading < plan.connections
        return hadReaders ? openReaders == 0 : !links.contains { $0.isOpen }
    }

    private mutating func openMore(_ now: ContinuousClock.Instant) throws(SystemError) {
        var allowed = plan.connections
        if let rate = plan.connectRate {
            allowed = min(allowed, Int((now - start) / .seconds(1) * Double(rate)) + 1)
        }
        let burst = plan.connectRate == nil ? Self.burst : 16 * Self.burst
        while begun < allowed, opening < burst {
            let before = state(of: begun)
            try links[begun].connect(to: plan, poller: poller, now: now)
            try settle(begun, before)
            begun += 1
        }
    }

    /// Gives up connections that take too long; they were begun in the order of their index.
    private mutating func expire(_ now: ContinuousClock.Instant) throws(SystemError) {
        while oldestOpening < begun {
            let link = links[oldestOpening]
            if link.isOpening {
                guard let since = link.begun, now - since >= plan.handshakeTimeout else { return }
                let before = state(of: oldestOpening)
                links[oldestOpening].client.timedOut()
                try settle(oldestOpening, before)
            }
            oldestOpening += 1
        }
    }

    /// Pings the readers whose turn it is; turns are spread evenly over the interval.
    private mutating func sendPings(_ now: ContinuousClock.Instant) throws(SystemError) {
        guard let interval = plan.pingInterval, let window else { return }
        let due = Int((now - window.start) / interval * Double(links.count))
        pingSlots = max(pingSlots, due - links.count)
        while pingSlots < due {
            let index = pingSlots % links.count
            pingSlots += 1
            guard !links[index].neverReads else { continue }
            let before = state(of: index)
            links[index].client.ping()
            try settle(index, before)
        }
    }

    /// Lets go of the readers that owe no pong, and reads the rest.
    private mutating func beginDrain() throws(SystemError) {
        for index in links.indices {
            let before = state(of: index)
            if links[index].owesAnything {
                links[index].client.isDraining = true
            } else {
                links[index].client.leave()
            }
            try settle(index, before)
        }
    }
}
