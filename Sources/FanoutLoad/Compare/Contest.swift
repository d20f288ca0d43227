import CommandSupport
import Glibc

/// Runs base and relay in turn; each run has a fresh server.
struct Contest {
    /// Which server.
    enum Side: String {
        case base
        case relay
    }

    private let plan: ComparisonPlan
    private let own: String
    /// The bytes of a payload from the tool's upstream, chosen so that the relay's frames are as long as the floor's.
    private var payload: Int
    private var floorSize: Int

    init(_ plan: ComparisonPlan) throws(ChildProcess.Failure) {
        self.plan = plan
        var path = [UInt8](repeating: 0, count: 4096)
        let count = unsafe path.withUnsafeMutableBytes { bytes in
            guard let start = bytes.baseAddress else { return -1 }
            return unsafe readlink("/proc/self/exe", start.assumingMemoryBound(to: CChar.self), bytes.count)
        }
        guard count > 0 else { throw ChildProcess.Failure(description: "/proc/self/exe can't be read") }
        own = String(decoding: path.prefix(count), as: UTF8.self)
        payload = max(EventPayload.shortest, plan.size - FloorEvent.overhead)
        floorSize = plan.size
    }

    /// Measures all rounds, or those until a signal comes.
    mutating func play() throws -> Comparison {
        let before = Affinity.current()
        defer { try? before?.apply() }
        try pin(plan.clientProcessor)
        var comparison = Comparison(plan)
        try learnSizes()
        for number in 0..<plan.runs where !Interruption.happened {
            var round = Comparison.Round(base: nil, relay: Measurement())
            // The second server finds a warmer machine, so they alternate.
            let sides =
                plan.base == .none ? [.relay] : number.isMultiple(of: 2) ? [Side.base, .relay] : [.relay, .base]
            for side in sides {
                let measurement = try measure(side)
                if side == .base { round.base = measurement } else { round.relay = measurement }
            }
            guard !Interruption.happened else { break }
            comparison.add(round)
            let words = [round.base.map { "\(plan.base.name) \($0.text)" }, "relay \(round.relay.text)"].compactMap {
                $0
            }
            StandardStream.error.write("round \(number + 1): \(words.joined(separator: "; "))\n")
        }
        return comparison
    }

    /// Learns which payload makes the relay's frames as long as requested, and as long as the floor's.
    private mutating func learnSizes() throws {
        let pace = Pace.bursts(of: 1, every: .milliseconds(5))
        let trial = try run(.relay, pace, connections: 20, duration: .milliseconds(600))
        guard let size = trial.measured.eventSize else {
            let why = (trial.failures + trial.notes).joined(separator: "; ")
            throw ChildProcess.Failure(description: "\(plan.relay) delivered nothing in a trial: \(why)")
        }
        let wanted = payload + plan.size - Int(size.rounded())
        payload = max(EventPayload.shortest, wanted)
        // If even the shortest payload is too long, the floor's frames become longer instead.
        floorSize += payload - wanted
    }

    private func measure(_ side: Side) throws -> Measurement {
        var measurement = Measurement()
        let pace = Pace(rate: plan.rate, burst: plan.burst)
        measurement.note(paced: try run(side, pace, connections: plan.connections, duration: plan.duration))
        if let inFlight = plan.inFlight, !Interruption.happened {
            let pace = Pace.inFlight(inFlight)
            measurement.note(saturated: try run(side, pace, connections: plan.connections, duration: plan.duration))
        }
        return measurement
    }

    /// One run against a fresh server.
    private func run(_ side: Side, _ pace: Pace, connections: Int, duration: Duration) throws -> Summary {
        let port = try ChildProcess.freePort()
        var run = try LoadRun(try loadPlan(side, pace, port: port, connections: connections, duration: duration))
        try pin(plan.serverProcessor)
        let server: ChildProcess
        if isFloor(side) {
            server = try ChildProcess(own, floorArguments(pace, port), isSilent: true)
        } else {
            let arguments = relayArguments(side, port, upstream: run.upstreamPort ?? 0)
            server = try ChildProcess(program(side), arguments, isSilent: false)
        }
        defer { server.end() }
        try pin(plan.clientProcessor)
        try server.awaitPort(port)
        run.watch(server.identifier)
        return try run.perform()
    }

    private func isFloor(_ side: Side) -> Bool { side == .base && plan.base == .floor }

    private func program(_ side: Side) -> String {
        if side == .base, case .relay(let program) = plan.base { program } else { plan.relay }
    }

    private func floorArguments(_ pace: Pace, _ port: UInt16) -> [String] {
        let paceArguments =
            switch pace {
            case .inFlight(let count): ["--saturate", "\(count)"]
            case .bursts: ["--rate", "\(plan.rate)", "--burst", "\(plan.burst)"]
            }
        return ["floor", "--listen", "127.0.0.1:\(port)", "--size", "\(floorSize)", "--hold"] + paceArguments
    }

    private func relayArguments(_ side: Side, _ port: UInt16, upstream: UInt16) -> [String] {
        let named = side == .base ? plan.baseArguments : plan.relayArguments
        // A flag that takes one value may be given once, so these give way.
        let standards = [
            ("--shards", "1"), ("--max-connections", "\(plan.connections + 100)"), ("--log-level", "critical"),
        ].filter { flag, _ in !named.contains { $0 == flag || $0.hasPrefix("\(flag)=") } }
        return [
            "serve", "--upstream", "ws://127.0.0.1:\(upstream)/graphql", "--topic",
            "tick=subscription { tick { n at pad } }", "--listen", "127.0.0.1:\(port)",
        ] + standards.flatMap { [$0, $1] } + named
    }

    private func loadPlan(
        _ side: Side,
        _ pace: Pace,
        port: UInt16,
        connections: Int,
        duration: Duration
    ) throws -> LoadPlan {
        let isFloor = isFloor(side)
        let isPlain = isFloor || plan.clientProtocol != .graphql
        let path = isPlain ? "/topics/tick" : "/graphql"
        guard let endpoint = Endpoint("ws://127.0.0.1:\(port)\(path)") else {
            throw ChildProcess.Failure(description: "no port is free")
        }
        var load = LoadPlan(endpoint: endpoint, connections: connections, duration: duration)
        load.clientProtocol = isFloor ? .plain : plan.clientProtocol
        load.sources = plan.sources
        load.connectBurst = plan.connectBurst
        if side == .relay, connections == plan.connections { load.roles.neverReading = plan.neverReading }
        load.sequenceKey = "n"
        load.subscription.operationName = "tick"
        load.showsProgress = false
        if case .bursts = pace { load.timestampKey = "at" }
        load.acknowledges = isFloor
        if !isFloor, let listen = Address(host: "127.0.0.1", port: 0) {
            load.feed = FeedPlan(listen: listen, pace: pace, size: payload)
        }
        return load
    }

    private func pin(_ processor: Int?) throws {
        if let processor { try Affinity(processor: processor).apply() }
    }
}

extension ChildProcess.Failure: ReportedError {
    var exitCode: Int32 { EX_UNAVAILABLE }
}
