import CommandSupport

/// A run: opens the connections, receives for the given time, waits for what is outstanding, and sums up.
///
/// It has one thread. A delivery costs no allocation, and only its share of a `recv` of up to 64 KiB and of an
/// `epoll_wait`.
struct LoadRun: ~Copyable {
    private enum Phase {
        /// The server gets time to subscribe at the tool's upstream, and to become idle.
        case preparing
        /// Connections are being opened.
        case ramping(since: ContinuousClock.Instant)
        /// All connections are open or have failed; the server gets time to become idle, and to subscribe at the tool's
        /// upstream.
        case settling(since: ContinuousClock.Instant)
        /// The time that is measured.
        case measuring(until: ContinuousClock.Instant)
        /// Pongs are awaited, and slow connections are read, to learn how they were closed.
        case draining(until: ContinuousClock.Instant)
        case over
    }

    private static let drain = Duration.seconds(1)
    /// How long a server may take to subscribe, which it may do only once it has clients.
    private static let longestPreparation = Duration.seconds(2)
    /// How long a watched server is left idle before and after the ramp, so that its memory is that of idle
    /// connections.
    private static let rest = Duration.milliseconds(300)
    private static let longestSettling = Duration.seconds(10)

    let plan: LoadPlan
    let script: ClientScript
    let start = ContinuousClock.now
    var poller: Poller
    var links: [Link]
    var buffer = [UInt8](repeating: 0, count: 65536)
    var measurements: Measurements
    var window: Window?
    var turns: Turns
    var loop = ClosedLoop()
    private var upstream: Upstream?
    private var phase = Phase.preparing
    private var progress: Progress
    private var samples = SampleSeries()
    private var sampleFailure: OutputFile.Failure?
    private var probe: ServerProbe?
    private var footprint: Footprint?
    private var idle: ServerProbe.Sample?
    private var ramp = Duration.zero

    private var opening = 0
    /// Readers that are open and haven't had `--events` events yet.
    private var unsatisfied = 0
    private var openReaders = 0

    init(_ plan: LoadPlan) throws(SystemError) {
        let poller = try Poller()
        upstream =
            if let feed = plan.feed {
                try Upstream(feed, firstIndex: plan.connections, poller: poller)
            } else {
                nil
            }
        self.poller = poller
        self.plan = plan
        script = ClientScript(plan)
        links = (0..<plan.connections).map { Link(index: $0, role: plan.role(of: $0)) }
        measurements = Measurements(
            latency: LatencyRecorder(key: plan.timestampKey, expectedInterval: plan.expectedMicroseconds)
        )
        if plan.acknowledges || plan.feed != nil { measurements.arrivals = Arrivals() }
        turns = Turns(plan)
        progress = Progress(start: start)
        probe = plan.serverProcess.map { ServerProbe(process: $0) }
    }

    /// The port of the tool's own upstream; nil if there is none.
    var upstreamPort: UInt16? { upstream?.port }

    /// Watches this process as the server, as with `--server-pid`.
    mutating func watch(_ process: Int32) {
        probe = ServerProbe(process: process)
    }

    /// Runs to the end and sums up.
    mutating func perform() throws(SystemError) -> Summary {
        while true {
            let now = ContinuousClock.now
            try advance(now)
            if case .over = phase { break }
            if progress.isDue(now) { sample(now) }
            for position in 0..<(try poller.wait(milliseconds: waitMilliseconds)) {
                let event = poller[position]
                try handle(event, now)
            }
        }
        upstream?.close()
        if plan.showsProgress { StandardStream.error.write(progress.end) }
        return Summary(
            plan: plan,
            links: links,
            window: window?.figures,
            measured: .init(
                latency: measurements.latency.latencies,
                samples: samples.samples,
                sampleFailure: sampleFailure,
                footprint: footprint,
                made: upstream?.made,
                throttled: upstream?.throttled ?? 0,
                stalls: loop.stalls,
                eventSize: measurements.events == 0
                    ? nil : Double(measurements.eventBytes) / Double(measurements.events)
            ),
            wasInterrupted: Interruption.happened
        )
    }

    private var waitMilliseconds: Int32 {
        if case .measuring = phase, case .bursts? = plan.feed?.pace { return 1 }
        return (plan.connectRate != nil && turns.begun < plan.connections) || turns.isPaced ? 2 : 20
    }

    private mutating func handle(_ event: Poller.Event, _ now: ContinuousClock.Instant) throws(SystemError) {
        guard event.index < links.count else {
            try upstream?.handle(event, through: &buffer, poller: poller)
            return
        }
        let before = state(of: event.index)
        links[event.index].goOnConnecting(plan, script)
        if event.isReadable { links[event.index].read(through: &buffer, script: script, into: &measurements) }
        try settle(event.index, before, now)
    }

    /// How much of its time the present phase has used, 0 to 1; nil where that isn't known.
    private func share(at now: ContinuousClock.Instant) -> (phase: String, share: Double)? {
        switch phase {
        case .ramping: ("connecting", Double(turns.begun - opening) / Double(plan.connections))
        case .measuring(let until): ("receiving", 1 - max(.zero, until - now) / plan.duration)
        case .preparing, .settling, .draining, .over: nil
        }
    }

    /// Writes a line of `--samples`; a file that can't be written any more fails the run at its end.
    private mutating func write(_ sample: Sample, _ totals: Totals) {
        guard let file = plan.samples, sampleFailure == nil else { return }
        do throws(OutputFile.Failure) {
            try file.write(SampleLine(sample, totals).text)
        } catch {
            sampleFailure = error
        }
    }

    private mutating func sample(_ now: ContinuousClock.Instant) {
        let totals = Totals(links)
        let rates = progress.advance(totals, now: now)
        let percentiles = measurements.isOpen ? measurements.latency.takeRecent() : nil
        if plan.showsProgress {
            StandardStream.error.write(progress.line(totals, rates, percentiles, done: share(at: now), now: now))
        }
        guard let window, measurements.isOpen else { return }
        let sample = Sample(
            time: (now - window.start) / .seconds(1),
            deliveries: rates.deliveries,
            megabytes: rates.megabytes,
            latency: percentiles
        )
        samples.append(sample)
        write(sample, totals)
    }
}

extension LoadRun {
    /// The state of a link on which the run's counters depend.
    struct LinkState {
        var isOpening: Bool
        var isOpen: Bool
        var isReader: Bool
        var isShort: Bool

        var isOpenReader: Bool { isOpen && isReader }
        var isUnsatisfied: Bool { isOpenReader && isShort }
    }

    func state(of index: Int) -> LinkState {
        LinkState(
            isOpening: links[index].isOpening,
            isOpen: links[index].isOpen,
            isReader: links[index].role == .reads,
            isShort: plan.events.map { links[index].deliveries < $0 } ?? false
        )
    }

    /// Sends, closes, and updates the counters after a change to a link.
    mutating func settle(_ index: Int, _ before: LinkState, _ now: ContinuousClock.Instant) throws(SystemError) {
        try links[index].settle(poller)
        let after = state(of: index)
        opening += (after.isOpening ? 1 : 0) - (before.isOpening ? 1 : 0)
        openReaders += (after.isOpenReader ? 1 : 0) - (before.isOpenReader ? 1 : 0)
        unsatisfied += (after.isUnsatisfied ? 1 : 0) - (before.isUnsatisfied ? 1 : 0)
        if after.isOpen, !before.isOpen { turns.opened(index, links[index].role, now) }
        if (before.isOpen && !after.isOpen) || (before.isOpening && !after.isOpening && !after.isOpen) {
            turns.ended(index, links[index].role, now)
        }
    }

    /// Whether another connection may be started.
    func mayOpen(_ burst: Int) -> Bool { opening < burst }

    private mutating func advance(_ now: ContinuousClock.Instant) throws(SystemError) {
        switch phase {
        case .preparing:
            let isReady = upstream?.isSubscribed != false && (probe == nil || now - start >= Self.rest)
            guard isReady || Interruption.happened || now - start >= Self.longestPreparation else { return }
            idle = probe?.sample()
            phase = .ramping(since: now)
            try advance(now)
        case .ramping(let since):
            try openMore(now, since: since)
            try expire(now)
            if Interruption.happened || plan.stages != nil || (turns.begun == plan.connections && opening == 0) {
                if let idle, let after = probe?.sample() {
                    footprint = Footprint(before: idle, after: after, connections: openLinks)
                }
                ramp = now - since
                phase = .settling(since: now)
            }
        case .settling(let since):
            let isReady = upstream?.isSubscribed != false || now - since >= Self.longestSettling
            guard Interruption.happened || (isReady && now - since >= (probe == nil ? .zero : Self.rest)) else {
                return
            }
            if let after = probe?.sample() { footprint?.noteRest(after) }
            window = Window(links, now: now, sinceStart: ramp, probe: probe)
            _ = progress.advance(Totals(links), now: now)
            measurements.isOpen = true
            if plan.acknowledges { try acknowledge(0, now) }
            phase = .measuring(until: now + plan.duration)
        case .measuring(let until):
            try takeTurns(now)
            try closeLoop(now)
            try upstream?.produce(now: now, complete: measurements.arrivals?.complete ?? 0, poller: poller)
            if now >= until || hasNothingToAwait {
                window?.end(links, now: now, probe: probe)
                if progress.isWorthALine(now) { sample(now) }
                measurements.isOpen = false
                try beginDrain(now)
                phase = .draining(until: now + Self.drain)
            }
        case .draining(let until):
            guard now >= until || !links.contains(where: \.owesAnything) else { return }
            for index in links.indices {
                let before = state(of: index)
                links[index].client.leave()
                try settle(index, before, now)
            }
            phase = .over
        case .over:
            break
        }
    }

    private var openLinks: Int { links.count { $0.isOpen } }

    private mutating func closeLoop(_ now: ContinuousClock.Instant) throws(SystemError) {
        let made = upstream?.made ?? .max
        let readers = openReaders
        guard let complete = loop.advance(&measurements.arrivals, readers: readers, made: made, now: now) else {
            return
        }
        if plan.acknowledges { try acknowledge(complete, now) }
    }

    /// Tells the server on the first open reader how many events have reached every reader.
    private mutating func acknowledge(_ count: UInt64, _ now: ContinuousClock.Instant) throws(SystemError) {
        guard let index = links.firstIndex(where: { $0.isOpen && $0.role == .reads }) else { return }
        let before = state(of: index)
        links[index].client.acknowledge(count)
        try settle(index, before, now)
    }

    /// Whether there is nothing left to wait for.
    private var hasNothingToAwait: Bool {
        if Interruption.happened || (plan.events != nil && unsatisfied == 0) { return true }
        if plan.reconnectDelay != nil || plan.roles.churning > 0 || plan.stages != nil { return false }
        return plan.readers > 0 ? openReaders == 0 : openLinks == 0
    }

    /// Lets readers leave that await no pong, and goes on reading the others.
    private mutating func beginDrain(_ now: ContinuousClock.Instant) throws(SystemError) {
        for index in links.indices {
            let before = state(of: index)
            if links[index].owesAnything {
                links[index].client.isDraining = true
            } else {
                links[index].client.leave()
            }
            try settle(index, before, now)
        }
    }
}
