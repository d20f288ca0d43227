import ArgumentParser
import CommandSupport
import Glibc

/// `fanout-load run`: opens connections, receives, checks, and sums up.
struct RunCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Open N subscribers, check every event each of them receives, and sum up.",
        usage: "fanout-load run <url> [options]",
        discussion: """
            Every reader's events must come each once, in order, none missing, from wherever it joined. A gap that the \
            server tells is counted, not failed; so is a restart, a change of the epoch. The duration begins when the last \
            connection is open.

            EXAMPLES
              1,000 subscribers of a topic for 10 s, of which 10 never read:

                fanout-load run ws://127.0.0.1:8080/topics/tick \\
                  --connections 1000 --never-read 1%

              200 GraphQL subscribers that also ping, until each has had 500
              events, at most a minute:

                fanout-load run ws://127.0.0.1:8080/graphql --protocol graphql \\
                  --operation-name tick --connections 200 --events 500 \\
                  --duration 1m --ping-interval 1s --json

              The relay's own latency, with events the tool makes itself, and a verdict
              for scripts:

                fanout-load run ws://127.0.0.1:8080/topics/tick --upstream 127.0.0.1:9000 \\
                  --rate 50 --require 'p99 < 50ms' --require 'lost == 0' --html run.html

            EXIT CODES
              0   all held
              1   a reader lost, repeated or reordered an event, was closed or
                  not opened, got a broken frame or pong or a GraphQL error, or
                  had fewer than --events events when time was up; or a
                  --require did not hold
              64  bad flags
              71  too few open files, or the system refused a call
            """
    )

    @Argument(
        help:
            "Where to connect: ws://HOST[:PORT][/PATH][?QUERY], or http:// for sse; HOST is numeric or localhost, IPv6 in brackets.",
        transform: Flags.value(Endpoint.self).read
    )
    var url: Endpoint

    @Option(
        name: .customLong("protocol"),
        help: """
            What is spoken: plain (fanout.v1.json, numbers from the envelope's sequence and epoch), payload (bare payloads, \
            ?format=payload is added), graphql (graphql-transport-ws, /graphql if the URL has no path), sse \
            (server-sent events over HTTP, numbers from their id).
            """
    )
    var clientProtocol = ClientProtocol.plain

    @Option(
        help: "How many connections to open.",
        as: Flags.integer(1...200_000)
    )
    var connections = 100

    @Option(
        help:
            "New connections per second; 0 opens them as fast as they are accepted.",
        as: Flags.integer(0...1_000_000)
    )
    var connectRate = 0

    @Option(
        help: "Connections opened at a time without --connect-rate; all at once is a storm.",
        as: Flags.integer(1...200_000)
    )
    var connectBurst = LoadPlan.usualBurst

    @Option(
        help: "How long to receive once all are open.",
        as: Flags.duration(from: .milliseconds(100))
    )
    var duration = Duration.seconds(10)

    @Option(
        help: "End as soon as every reader has had so many events; one that has not within --duration fails the run.",
        as: Flags.integer(1...1_000_000_000)
    )
    var events: Int?

    @OptionGroup(title: "Shares of the connections")
    var shares: ShareOptions

    @OptionGroup(title: "Latency")
    var latency: LatencyOptions

    @OptionGroup(title: "Events")
    var feed: FeedOptions

    @Option(
        name: .customLong("require"),
        help: ArgumentHelp(
            """
            What a figure must be, or the run fails; repeatable. Figures: p50 p90 p99 p99.9 max mean (times), lost \
            duplicated reordered gaps skipped restarts refused closed errors deliveries rate fewest fairness throttled \
            (numbers), cpu (the tool's, in %). It takes the place of the rule that the same figure must be 0.
            """,
            valueName: "'p99 < 50ms'"
        ),
        transform: Flags.requirement
    )
    var requirements: [Requirement] = []

    @Option(
        help:
            "Addresses to connect from in turn, since each has only 28,000 ports: FIRST-LAST, like 127.0.0.2-127.0.0.20.",
        as: Flags.value(AddressRange.self)
    )
    var sourceAddresses: AddressRange?

    @Option(
        help: "The readers' kernel receive buffer in bytes; small ones choke the server's sends.",
        as: Flags.integer(1024...16_777_216)
    )
    var receiveBuffer: Int?

    @Option(
        help: "Let each reader send a ping so often and check that its pong comes back whole.",
        as: Flags.duration(from: .milliseconds(10))
    )
    var pingInterval: Duration?

    @Option(
        help: "The integer member that numbers events (payload and graphql), or none to check nothing.",
        as: Flags.sequenceKey
    )
    var sequenceKey = "n"

    @Option(help: "The subscription's document (graphql).")
    var query: String?

    @Option(
        help: "The subscription's operationName (graphql); without --query, a relay's topic of this name is asked for."
    )
    var operationName: String?

    @Option(help: "The subscription's variables, a JSON object (graphql).", transform: Flags.jsonObject)
    var variables: String?

    @Option(help: "Operation ids (graphql): another for each connection, or the same for all.")
    var id = OperationID.uuid

    @Option(
        name: .customLong("header"),
        help: "Another header of the opening request, 'Name: value'; repeatable.",
        as: Flags.value(HeaderLine.self)
    )
    var headers: [HeaderLine] = []

    @Option(
        help: "How long a connection may take to open, up to the subscription.",
        as: Flags.duration(from: .milliseconds(100))
    )
    var handshakeTimeout = Duration.seconds(10)

    @Option(
        help: "A process on this machine, the server: its processor time and memory are measured too.",
        as: Flags.integer(1...4_194_304)
    )
    var serverPid: Int?

    @Flag(help: "Write the summary as one JSON object.")
    var json = false

    @Option(help: "Write a page with plots of latency and throughput to this file.")
    var html: String?

    @Flag(inversion: .prefixedNo, help: "Say first what the tool itself could receive at most (takes half a second).")
    var ceiling = true

    func validate() throws {
        if url.isHTTP, clientProtocol != .sse {
            throw ValidationError("the url '\(url)' is only allowed with --protocol sse; allowed: ws://…")
        }
        if clientProtocol == .graphql {
            guard query != nil || operationName != nil else {
                throw ValidationError("--protocol graphql needs a subscription: --query TEXT or --operation-name NAME")
            }
        } else {
            for (option, value) in [
                ("--query", query), ("--operation-name", operationName), ("--variables", variables),
            ] {
                guard let value else { continue }
                throw ValidationError("\(option) '\(value)' is only allowed with --protocol graphql")
            }
            guard url.path != nil else {
                throw ValidationError("the url '\(url)' has no path; allowed: a topic's, like /topics/tick")
            }
        }
        try shares.validate(connections: connections, clientProtocol: clientProtocol)
        try feed.validate(clientProtocol: clientProtocol)
        if pingInterval != nil, clientProtocol == .sse {
            throw ValidationError("--ping-interval is for WebSockets: server-sent events know no pings")
        }
        if feed.needsSteadyReaders, shares.reconnect != nil || shares.churn != .none {
            throw ValidationError(
                "--saturate and --acknowledge wait for every reader: not allowed with --reconnect or --churn"
            )
        }
    }

    func run() throws {
        try DescriptorLimit.ensure(connections: connections)
        Interruption.install()
        if ceiling { StandardStream.error.write(try Ceiling.measure().line) }
        var run = try LoadRun(plan)
        let summary = try run.perform()
        if let html { try Page(summary).document.write(to: html) }
        StandardStream.output.write(json ? SummaryJSON(summary).text : SummaryTable(summary).text)
        guard summary.failures.isEmpty else { throw ExitCode(1) }
    }

    private var plan: LoadPlan {
        var plan = LoadPlan(endpoint: url, connections: connections, duration: duration)
        plan.clientProtocol = clientProtocol
        plan.roles = shares.roles(of: connections)
        plan.churnInterval = shares.churnInterval
        plan.reconnectDelay = shares.reconnect
        plan.sources = sourceAddresses?.addresses ?? []
        plan.connectRate = connectRate == 0 ? nil : connectRate
        plan.connectBurst = connectBurst
        plan.events = events.map(UInt64.init)
        plan.receiveBuffer = receiveBuffer.map(Int32.init)
        plan.pingInterval = pingInterval
        plan.handshakeTimeout = handshakeTimeout
        plan.sequenceKey = sequenceKey == "none" ? nil : sequenceKey
        plan.timestampKey = latency.key(feed: feed.plan)
        plan.expectedInterval = latency.expectedInterval
        plan.subscription = .init(query: query, operationName: operationName, variables: variables, id: id)
        plan.headers = headers.map(\.description)
        plan.feed = feed.plan
        plan.acknowledges = feed.acknowledge
        plan.serverProcess = serverPid.map(Int32.init)
        plan.requirements = requirements
        return plan
    }
}
