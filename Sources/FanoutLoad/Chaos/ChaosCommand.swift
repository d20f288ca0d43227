import ArgumentParser
import CommandSupport
import Glibc

/// `fanout-load chaos`: has faults happen to a group of relays, and judges every client.
struct ChaosCommand: ParsableCommand, BrieflyHelped {
    static let configuration = CommandConfiguration(
        commandName: "chaos",
        abstract: "Have faults happen to a group of relays, and judge what every client of every edge gets.",
        usage: """
            fanout-load chaos --relay <path> [options] [-- <further arguments of each relay>]
            fanout-load chaos --edge <url> ... --fault <name=command> ... [options]
            """,
        discussion: ChaosHelp.text
    )

    static let example = """
        fanout-load chaos --relay .build/release/fanout-relay \\
            --faults kill-leader=10,hand-over=5
        """

    static let mostUsedFlags = [
        "relay", "faults", "servers", "standby", "tree", "clients", "edge", "fault", "require", "state", "markdown",
        "html",
    ]

    @Option(help: "Which faults happen, and how often: NAME=COUNT[,NAME=COUNT…].", as: Flags.value(FaultCounts.self))
    var faults: FaultCounts?

    @Option(help: "What the faults' order and their chances depend on.", as: Flags.integer(0...Int.max))
    var seed = 1

    @Option(help: "How many clients there are, on all edges in turn.", as: Flags.integer(1...100_000))
    var clients = 1000

    @Option(
        help: ArgumentHelp(
            "How long the group is left alone between two faults; a second at most is added by chance.",
            discussion: "The lease, or 2s if that is longer, and 2s more. A hot standby tells a gap if it had less."
        ),
        as: Flags.duration(.zero ... .seconds(600))
    )
    var pause: Duration?

    @Option(help: "How long the group may take to be well again.", as: Flags.duration(.seconds(1) ... .seconds(600)))
    var recovery = Duration.seconds(60)

    @Option(help: "How long the whole may take.", as: Flags.duration(.seconds(1) ... .seconds(86_400)))
    var limit = Duration.seconds(7200)

    @OptionGroup(title: "Relays that are started")
    var started: StartedOptions

    @OptionGroup(title: "Relays that are given")
    var given: GivenOptions

    @OptionGroup(title: "Results")
    var results: ChaosResultOptions

    @Argument(parsing: .postTerminator, help: "Further arguments of each relay's serve.")
    var relayArguments: [String] = []

    /// The faults, which needn't be named.
    private var counts: FaultCounts {
        if let faults { return faults }
        guard started.relay == nil else { return started.tree ? .usualOfTree : .usual }
        return FaultCounts(once: given.fault.map(\.name))
    }

    func validate() throws {
        guard (started.relay == nil) != given.edge.isEmpty else {
            throw ValidationError("--relay, --edge: allowed: one of them, a program or addresses")
        }
        guard started.servers != 2 else { throw ValidationError("--servers 2: allowed: 1 or 3") }
        for url in given.edge where url.scheme != .ws {
            throw ValidationError("--edge '\(url)': allowed: ws://HOST:PORT/graphql")
        }
        let isGiven = started.relay == nil
        guard !isGiven || !given.fault.isEmpty else { throw ValidationError("--edge: --fault NAME=COMMAND is missing") }
        guard isGiven || given.fault.isEmpty else { throw ValidationError("--fault: allowed: with --edge") }
        guard !isGiven || relayArguments.isEmpty else {
            throw ValidationError("--edge: allowed: without arguments of relays")
        }
        let names =
            isGiven
            ? given.fault.map(\.name)
            : started.tree ? TreeGroup.Fault.allCases.map(\.rawValue) : FaultKind.allCases.map(\.rawValue)
        let allowed = names.joined(separator: ", ")
        for name in counts.entries.map(\.name) where !names.contains(name) {
            throw ValidationError("--faults '\(name)': allowed: \(allowed)")
        }
        for name in given.gapless where !names.contains(name) {
            throw ValidationError("--gapless '\(name)': allowed: \(allowed)")
        }
    }

    func run() throws {
        try DescriptorLimit.ensure(connections: clients + Proxy.indices)
        Interruption.installForGood()
        let outputs = try ChaosOutputs(results)
        let workspace = try Workspace(results.logs)
        // Nobody looks for logs of what has never run.
        var keepsLogs = false
        defer { workspace.clean(keepsLogs: keepsLogs) }
        let terms = try terms(workspace.path)
        let state = results.state.map { ChaosState(path: $0, terms: terms) }
        let order = counts.order(seed: UInt64(seed))
        let earlier = try state?.read(at: order.count) ?? []
        let loop = try ChaosLoop(clients: clients, feed: started.relay == nil ? nil : feed(), limit: limit)
        let script = ChaosScript(
            operationName: given.operationName,
            query: given.query,
            sequenceKey: given.sequenceKey
        )
        let plan = ChaosPlan(
            order: order,
            seed: UInt64(seed),
            clients: clients,
            script: script,
            pause: pause ?? max(started.lease, .seconds(2)) + .seconds(2),
            recovery: recovery
        )
        let run = ChaosRun(plan, group: try group(workspace.path, loop), loop: loop, results: earlier)
        keepsLogs = true
        do {
            try run.play { try state?.write($0) }
        } catch {
            StandardStream.error.write("logs: \(workspace.path)\n")
            throw error
        }
        let report = ChaosReport(terms: terms, results: run.results, ending: run.ending, bars: results.bars)
        keepsLogs = !report.failures.isEmpty
        try outputs.write(report)
        StandardStream.output.write(report.text)
        guard keepsLogs else { return }
        StandardStream.output.write("logs: \(workspace.path)\n")
        throw ExitCode(1)
    }

    private func feed() -> FeedPlan? {
        guard let listen = Address(host: "127.0.0.1", port: 0) else { return nil }
        return FeedPlan(listen: listen, pace: Pace(rate: started.rate), size: started.size, goesOnAlone: true)
    }

    private func group(_ directory: String, _ loop: ChaosLoop) throws -> any ChaosGroup {
        guard let relay = started.relay else {
            var edges = given.edge
            for index in edges.indices { try edges[index].resolve() }
            return GivenGroup(edges, given.fault, gapless: given.gapless, directory: directory, loop: loop)
        }
        let plan = GroupPlan(
            relay: relay,
            natsServer: started.natsServer,
            servers: started.servers,
            edges: started.edges,
            standby: started.standby,
            lease: started.leaseText,
            relayArguments: relayArguments,
            clients: clients,
            directory: directory
        )
        return started.tree ? try TreeGroup(plan, loop: loop) : try StartedGroup(plan, loop: loop)
    }

    private func terms(_ directory: String) throws -> ChaosTerms {
        var versions: [String] = []
        if let relay = started.relay {
            let programs = [relay] + (started.tree ? [] : [started.natsServer])
            for program in programs { versions.append(try ProgramVersion.text(of: program, directory: directory)) }
        }
        let isGiven = started.relay == nil
        return ChaosTerms(
            faults: "\(counts)",
            seed: seed,
            group: isGiven ? given.edge.map { "\($0)" }.joined(separator: ", ") : started.words,
            versions: versions,
            clients: clients,
            rate: isGiven ? nil : started.rate,
            size: isGiven ? nil : started.size,
            arguments: relayArguments
        )
    }
}
