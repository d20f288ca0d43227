import ArgumentParser
import CommandSupport

/// `fanout-load compare`: measures the relay and a base in turn on this machine.
struct CompareCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compare",
        abstract: "Run a base, the floor or another relay, and a relay in turn, and print the figures as ratios.",
        discussion: """
            Both servers run in turn on one processor, as processes of their own, and the tool on another. The relay \
            is fanout-relay serve with one shard. The tool is its upstream, so that only the relay is measured: the \
            processor time of all its threads. The frames of both are equally long. Memory and handshakes are measured \
            before the first event; growth is how much the server's memory grew while it received events.

            EXAMPLES
              Against the floor, with a verdict for scripts:

                fanout-load compare --relay .build/release/fanout-relay --connections 10000 \
                  --require 'cost/base <= 1.15' --require 'handshake <= 50us'

              Two builds of the relay:

                fanout-load compare --base old/fanout-relay --relay new/fanout-relay

              What 100 clients that never read cost the others:

                fanout-load compare --base ./fanout-relay --relay ./fanout-relay --never-read 100 \
                  --in-flight 0 --rate 100 --duration 20s --require 'p99/base <= 1.1'

            EXIT CODES
              0   measured, no client lost an event, and every --require was met
              1   measured, but with a failure
              64  bad flags
              69  the relay can't be started, or doesn't serve
            """
    )

    @Option(help: "The path of the relay's program, fanout-relay.")
    var relay: String

    @Option(name: .customLong("relay-argument"), help: "A further argument for its serve; may be repeated.")
    var relayArguments: [String] = []

    @Option(
        help: """
            The base to compare with: floor (the tool's own plain server), none, or the path of a relay's program, \
            which may be the same one with other arguments.
            """,
        as: Flags.value(ComparisonBase.self)
    )
    var base = ComparisonBase.floor

    @Option(name: .customLong("base-argument"), help: "A further argument for the base's serve; may be repeated.")
    var baseArguments: [String] = []

    @Option(
        name: .customLong("protocol"),
        help: "The protocol of the relay's clients: plain, payload or graphql; those of the floor always use plain."
    )
    var clientProtocol = ClientProtocol.plain

    @Option(
        help: "How many clients connect.",
        as: Flags.integer(1...200_000)
    )
    var connections = 1000

    @Option(
        help: "How many of the relay's clients subscribe and never read; all clients of the base read.",
        as: Flags.value(Share.self)
    )
    var neverRead = Share.none

    @Option(
        help: "How many connections are opened at a time.",
        as: Flags.integer(1...200_000)
    )
    var connectBurst = LoadPlan.usualBurst

    @Option(help: "How many rounds are measured.", as: Flags.integer(1...100))
    var runs = 5

    @Option(
        help: "How long each run receives; a round has two runs for each server.",
        as: Flags.duration(from: .milliseconds(100))
    )
    var duration = Duration.seconds(3)

    @Option(
        help: "How many events are made each second.",
        as: Flags.integer(1...100_000)
    )
    var rate = 50

    @Option(help: "How many events are made at once.", as: Flags.integer(1...100_000))
    var burst = 1

    @Option(
        help: "How many events are in flight in the closed loop; 0 leaves the loop out.",
        as: Flags.integer(0...Arrivals.capacity)
    )
    var inFlight = 64

    @Option(
        help: "The length of an event's text in bytes.",
        as: Flags.integer(160...1_000_000)
    )
    var size = 200

    @Option(help: "The processor that the servers run on.", as: Flags.integer(0...1023))
    var pinServer = 0

    @Option(help: "The processor that the tool runs on.", as: Flags.integer(0...1023))
    var pinClient = 1

    @Flag(inversion: .prefixedNo, help: "Whether servers and tool are pinned to their processors.")
    var pin = true

    @Option(
        help: "Addresses to connect from, in turn, for more than 28,000 clients: FIRST-LAST.",
        as: Flags.value(AddressRange.self)
    )
    var sourceAddresses: AddressRange?

    @Option(
        name: .customLong("require"),
        help: ArgumentHelp(
            """
            A requirement on a figure's median; if it isn't met, the comparison fails. May be repeated. Figures: cost \
            saturated memory (numbers), p99 handshake (times), growth (bytes), throttled (a number). With /base after \
            it the ratio to the base's figure is taken, with -base the difference.
            """,
            valueName: "'cost/base <= 1.05'"
        ),
        transform: Flags.bar
    )
    var bars: [Bar] = []

    @Flag(help: "Prints one JSON object instead of the table.")
    var json = false

    @Option(help: "A file for an HTML page with the figures, and a plot of each, round by round.")
    var html: String?

    func validate() throws {
        guard clientProtocol != .sse else {
            throw ValidationError("--protocol 'sse' is not compared; allowed: plain, payload, graphql")
        }
        if case .relay = base {
        } else if let argument = baseArguments.first {
            throw ValidationError(
                "--base-argument '\(argument)' needs a relay as the base; allowed: with --base PATH, not '\(base)'"
            )
        }
        if base == .none, let bar = bars.first(where: \.needsBase) {
            throw ValidationError("--require '\(bar.text)' needs a base; allowed with --base none: FIGURE alone")
        }
        guard neverRead.count(of: connections) < connections else {
            throw ValidationError(
                "--never-read '\(neverRead)' leaves no reader; allowed: fewer than --connections \(connections)"
            )
        }
        guard pin, let affinity = Affinity.current() else { return }
        for (option, processor) in [("--pin-server", pinServer), ("--pin-client", pinClient)] {
            guard affinity.contains(processor) else {
                throw ValidationError(
                    "\(option) \(processor) is no processor we may use; allowed: another, or --no-pin"
                )
            }
        }
    }

    func run() throws {
        let page = try html.map { path throws(OutputFile.Failure) in try OutputFile(path, option: "--html") }
        try DescriptorLimit.ensure(connections: connections)
        Interruption.install()
        var contest = try Contest(
            ComparisonPlan(
                relay: relay,
                relayArguments: relayArguments,
                clientProtocol: clientProtocol,
                connections: connections,
                runs: runs,
                duration: duration,
                rate: rate,
                burst: burst,
                inFlight: inFlight == 0 ? nil : inFlight,
                size: size,
                serverProcessor: pin ? pinServer : nil,
                clientProcessor: pin ? pinClient : nil,
                sources: sourceAddresses?.addresses ?? [],
                base: base,
                baseArguments: baseArguments,
                neverReading: neverRead.count(of: connections),
                connectBurst: connectBurst,
                bars: bars
            )
        )
        let comparison = try contest.play()
        let text = ComparisonText(comparison)
        try page?.write(ComparisonPage(comparison).document.text)
        StandardStream.output.write(json ? text.json : text.table)
        guard comparison.failures.isEmpty else { throw ExitCode(1) }
    }
}
