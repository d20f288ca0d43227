import ArgumentParser
import CommandSupport
import Glibc

/// `fanout-load chaos`: has faults happen to a group of relays, and judges every client.
struct ChaosCommand: ParsableCommand, BrieflyHelped {
    static let configuration = CommandConfiguration(
        commandName: "chaos",
        abstract: "Have faults happen to a group of relays, and judge what every client of every edge gets.",
        usage: "fanout-load chaos --relay <path> [options] [-- <further arguments of each relay>]",
        discussion: """
            It starts servers of NATS, relays, and an upstream that numbers its events, on this machine, and clients \
            with resume tokens on all relays. Fault after fault happens, in an order that depends on the seed; after \
            each the group gets time to be well again: all relays are ready, one leads, every client has had an event.

            Zero must be: events lost though no gap was told, doubled or reordered ones, jumps of the relay's numbers \
            (holes), and gaps behind which nothing was missing (false gaps). No gap at all may be told but where a \
            leader without a hot standby dies, stands still or is cut off. A stall is the longest time without events \
            of any client, from the fault on until the group is well.

            FAULTS
              kill-leader       kill -9, started again at once or later
              freeze-leader     SIGSTOP until another one leads, and a bit longer
              cut-leader        no way to the log's servers, healed up to 3 s later
              hand-over         fanout-relay cluster hand-over
              stop-leader       SIGTERM, started again
              kill-server       the server that leads the log: kill -9, started again
              freeze-server     the same one: SIGSTOP for 6 s
              kill-all-servers  kill -9 of all at once, started again
              lame-duck         the server that leads the log: SIGUSR2, started again

            EXAMPLE
              A hundred deaths of leaders that have a hot standby, three servers:

                fanout-load chaos --relay .build/release/fanout-relay --servers 3 \\
                  --standby hot --faults kill-leader=100 --markdown table.md

            EXIT CODES
              0   every zero is zero, and the group was well again after each fault
              1   something was found, or the run ended before its last fault
              64  bad flags
              69  a program can't be started, or the group doesn't become well at first
              71  too few open files, or the system refused a call
              73  a file or directory for results can't be written
            """
    )

    static let example = """
        fanout-load chaos --relay .build/release/fanout-relay \\
            --faults kill-leader=10,hand-over=5
        """

    static let mostUsedFlags = ["relay", "faults", "servers", "edges", "standby", "clients", "rate", "seed"]

    @Option(help: "The path of the relay's program, fanout-relay, built with the trait Cluster.")
    var relay: String

    @Option(help: "The path of the program of the log's servers.")
    var natsServer = "/usr/sbin/nats-server"

    @Option(help: "Which faults happen, and how often: NAME=COUNT[,NAME=COUNT…].", as: Flags.value(FaultCounts.self))
    var faults = FaultCounts.usual

    @Option(help: "What the faults' order and their chances depend on.", as: Flags.integer(0...Int.max))
    var seed = 1

    @Option(help: "How many servers have the log: 1 or 3.", as: Flags.integer(1...3))
    var servers = 1

    @Option(help: "How many relays there are.", as: Flags.integer(2...9))
    var edges = 3

    @Option(help: "What relays that don't lead do meanwhile.", as: Flags.word(Standby.self))
    var standby = Standby.cold

    @Option(help: "The relays' --cluster-lease.", as: Flags.duration(.milliseconds(200) ... .seconds(60)))
    var lease = Duration.seconds(2)

    @Option(help: "How many clients there are, on all relays in turn.", as: Flags.integer(1...100_000))
    var clients = 1000

    @Option(help: "How many events are made each second.", as: Flags.integer(1...100_000))
    var rate = 200

    @Option(help: "A payload's length in bytes.", as: Flags.integer(80...10_000))
    var size = 200

    @Option(
        help: "How long the group is left alone between two faults; a second at most is added by chance.",
        as: Flags.duration(.zero ... .seconds(600))
    )
    var pause = Duration.seconds(4)

    @Option(
        help: "How long the group may take to be well again.",
        as: Flags.duration(.seconds(1) ... .seconds(600))
    )
    var recovery = Duration.seconds(60)

    @Option(help: "How long the whole may take.", as: Flags.duration(.seconds(1) ... .seconds(86_400)))
    var limit = Duration.seconds(7200)

    @Option(
        help: ArgumentHelp(
            "Where the relays' logs go; otherwise to a directory that is kept only if something was found.",
            valueName: "directory"
        )
    )
    var logs: String?

    @Argument(parsing: .postTerminator, help: "Further arguments of each relay's serve.")
    var relayArguments: [String] = []

    func validate() throws {
        guard servers != 2 else { throw ValidationError("--servers 2: allowed: 1 or 3") }
        for entry in faults.entries where FaultKind(rawValue: entry.name) == nil {
            let allowed = FaultKind.allCases.map(\.rawValue).joined(separator: ", ")
            throw ValidationError("--faults '\(entry.name)': allowed: \(allowed)")
        }
    }

    func run() throws {
        try DescriptorLimit.ensure(connections: clients + 3 * Proxy.indices)
        Interruption.install()
        let workspace = try Workspace(logs)
        guard let listen = Address(host: "127.0.0.1", port: 0) else { return }
        var feed = FeedPlan(listen: listen, pace: Pace(rate: rate), size: size)
        feed.goesOnAlone = true
        let loop = try ChaosLoop(clients: clients, feed: feed, limit: limit)
        let group = try StartedGroup(
            GroupPlan(
                relay: relay,
                natsServer: natsServer,
                servers: servers,
                edges: edges,
                standby: standby,
                lease: "\(Int(lease / .milliseconds(1)))ms",
                relayArguments: relayArguments,
                clients: clients,
                directory: workspace.path
            ),
            loop: loop
        )
        let order = faults.order(seed: UInt64(seed))
        let plan = ChaosPlan(order: order, seed: UInt64(seed), clients: clients, pause: pause, recovery: recovery)
        let run = ChaosRun(plan, group: group, loop: loop, results: [])
        var isWell = false
        defer { workspace.clean(keepsLogs: !isWell || workspace.isGiven) }
        do {
            try run.play { _ in }
        } catch {
            StandardStream.error.write("logs: \(workspace.path)\n")
            throw error
        }
        let findings = run.results.flatMap(\.findings) + (run.ending.map { [$0] } ?? [])
        isWell = findings.isEmpty
        StandardStream.output.write(ChaosTable(run.results).text)
        guard !isWell else { return }
        for finding in findings { StandardStream.output.write("found: \(finding)\n") }
        StandardStream.output.write("logs: \(workspace.path)\n")
        throw ExitCode(1)
    }
}
