import ArgumentParser
import CommandSupport
import Glibc

/// `fanout-load run`: opens connections, receives and checks events, and sums up.
struct RunCommand: ParsableCommand, BrieflyHelped {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Open N subscribers, check every event each of them receives, and sum up.",
        usage: "fanout-load run <url> ... [options]",
        discussion: """
            From where it joined, every reader must get each event once, in order, and none may be missing. A gap that \
            the server reports is only counted, and so is a restart (a change of the epoch). The duration begins when \
            the last connection is open.

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

            Several runs at once, also on several machines, have one result by fanout-load merge.

            EXIT CODES
              0   success
              1   a reader missed an event, got one twice or out of order, was
                  closed or not opened, got an invalid frame or pong or a
                  GraphQL error, or had fewer than --events events at the end;
                  or a --require was not met
              64  bad flags
              68  a host's name can't be found
              71  too few open files, or the system refused a call
              73  a file for results can't be written
              78  a file of certificates can't be used
            """
    )

    static let example = """
        fanout-load run ws://127.0.0.1:8080/topics/tick \\
            --connections 1000 --never-read 1%
        """

    static let mostUsedFlags = [
        "config", "protocol", "connections", "duration", "stage", "events", "never-read", "upstream", "rate",
        "require", "header", "json", "html",
    ]

    @Argument(
        help: ArgumentHelp(
            """
            Where to connect: ws://HOST[:PORT][/PATH][?QUERY], or wss://, and http:// or https:// for sse; IPv6 in \
            brackets. The connections go to several URLs in turn. A name is looked up once, before the start.
            """,
            valueName: "url"
        ),
        transform: Flags.value(Endpoint.self).read
    )
    var urls: [Endpoint] = []

    @Option(
        name: .customLong("url"),
        help: ArgumentHelp("A further URL, for files of --config; may be repeated.", valueName: "url"),
        as: Flags.value(Endpoint.self)
    )
    var furtherURLs: [Endpoint] = []

    @Option(
        help: ArgumentHelp(
            "A YAML file of a scenario, whose keys are the names of these flags; a flag goes before the file.",
            valueName: "file"
        )
    )
    var config: String?

    @Option(
        name: .customLong("protocol"),
        help: """
            The clients' protocol: plain (fanout.v1.json, with numbers from the envelope's sequence and epoch), \
            payload (bare payloads; ?format=payload is added), graphql (graphql-transport-ws, on /graphql if the URL \
            has no path), or sse (server-sent events over HTTP, with numbers from their id).
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
            "How many connections are opened each second; 0 opens them as fast as they are accepted.",
        as: Flags.integer(0...1_000_000)
    )
    var connectRate = 0

    @Option(
        help: "How many connections are opened at a time without --connect-rate.",
        as: Flags.integer(1...200_000)
    )
    var connectBurst = LoadPlan.usualBurst

    @Option(
        help: "How long to receive once all connections are open.",
        as: Flags.stageDuration
    )
    var duration = Duration.seconds(10)

    @Option(
        help: ArgumentHelp(
            "How many connections are to be open after a further time, such as 30s:1000; may be repeated: from stage "
                + "to stage connections are opened or left one by one. In place of --connections and --duration.",
            valueName: "time:connections"
        ),
        as: Flags.value(Stage.self)
    )
    var stage: [Stage] = []

    @Option(
        help: "Ends when every reader has had this many events; a reader that hasn't within --duration fails the run.",
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
        help:
            "Addresses to connect from in turn, as each has only 28,000 ports: FIRST-LAST, like 127.0.0.2-127.0.0.20.",
        as: Flags.value(AddressRange.self)
    )
    var sourceAddresses: AddressRange?

    @Option(
        help: "The readers' receive buffer in the kernel, in bytes; a small one makes the server's sends partial.",
        as: Flags.integer(1024...16_777_216)
    )
    var receiveBuffer: Int?

    @Option(
        help: "How often each reader sends a ping, whose pong must repeat it.",
        as: Flags.duration(from: .milliseconds(10))
    )
    var pingInterval: Duration?

    @Option(
        help: "The integer member with an event's number (payload and graphql), or none to check nothing.",
        as: Flags.sequenceKey
    )
    var sequenceKey = "n"

    @Option(help: "The subscription's document (graphql).")
    var query: String?

    @Option(
        help: "The subscription's operationName (graphql); without --query it is the name of a relay's topic."
    )
    var operationName: String?

    @Option(help: "The subscription's variables, a JSON object (graphql).", transform: Flags.jsonObject)
    var variables: String?

    @Option(help: "The operation ids (graphql): a different one for each connection (uuid), or the same for all.")
    var id = OperationID.uuid

    @Option(
        name: .customLong("header"),
        help: "A further header of the opening request, 'Name: value'; may be repeated.",
        as: Flags.value(HeaderLine.self)
    )
    var headers: [HeaderLine] = []

    @Option(
        name: .customLong("token-file"),
        help: ArgumentHelp(
            "A file with a token in each line: the connections show them in turn, as 'Authorization: Bearer'.",
            valueName: "file"
        ),
        transform: TokenList.init(path:)
    )
    var tokens: TokenList?

    @Option(
        help: "How long a connection may take to open, until it has subscribed.",
        as: Flags.duration(from: .milliseconds(100))
    )
    var handshakeTimeout = Duration.seconds(10)

    @Option(
        help: "The server's process on this machine, whose processor time and memory are measured too.",
        as: Flags.integer(1...4_194_304)
    )
    var serverPid: Int?

    @OptionGroup(title: "TLS")
    var tls: TLSOptions

    @OptionGroup(title: "Results")
    var results: ResultOptions

    @Option(help: "A file that gets a JSON object each second, on a line of its own (JSON Lines).")
    var samples: String?

    @Flag(inversion: .prefixedNo, help: "Measures first how much the tool itself could receive (takes half a second).")
    var ceiling = true

    /// All servers.
    private var targets: [Endpoint] { urls + furtherURLs }

    /// How many connections there are at most.
    private var mostConnections: Int { Stages(stage)?.most ?? connections }

    func validate() throws {
        guard !targets.isEmpty else {
            throw ValidationError("a url is missing; allowed: \(Endpoint.allowed)")
        }
        try validateStages()
        for url in targets where url.isHTTP && clientProtocol != .sse {
            throw ValidationError("the url '\(url)' is only allowed with --protocol sse; allowed: ws://… or wss://…")
        }
        try tls.validate(hasSecure: targets.contains(where: \.scheme.isSecure))
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
            for url in targets where url.path == nil {
                throw ValidationError("the url '\(url)' has no path; allowed: a topic's, like /topics/tick")
            }
        }
        try shares.validate(connections: mostConnections, clientProtocol: clientProtocol)
        try feed.validate(clientProtocol: clientProtocol)
        if pingInterval != nil, clientProtocol == .sse {
            throw ValidationError("--ping-interval is for WebSockets: server-sent events know no pings")
        }
        try validateMeasures()
        if feed.needsSteadyReaders, shares.reconnect != nil || shares.churn != .none {
            throw ValidationError(
                "--saturate and --acknowledge wait for every reader: not allowed with --reconnect or --churn"
            )
        }
    }

    private func validateStages() throws {
        guard !stage.isEmpty else { return }
        let steady: [(String, Bool)] = [
            ("--events", events != nil), ("--churn", shares.churn != .none), ("--reconnect", shares.reconnect != nil),
            ("--saturate or --acknowledge", feed.needsSteadyReaders), ("--connect-rate", connectRate != 0),
        ]
        for (option, isGiven) in steady where isGiven {
            throw ValidationError("\(option): allowed: without --stage, by which connections come and go")
        }
        guard mostConnections > 0 else { throw ValidationError("--stage: allowed: one with a connection, at least") }
    }

    /// What can't be measured is known before the start.
    private func validateMeasures() throws {
        let first = results.requirements.first { $0.metric.unit == .time }
        if let first, latency.key(feed: feed.plan) == nil {
            throw ValidationError(
                "--require '\(first.text)': no latency would be measured; allowed: together with --timestamp-key NAME, "
                    + "where payloads have the time, or with --upstream"
            )
        }
        if let serverPid, ServerProbe(process: Int32(serverPid)).sample() == nil {
            throw ValidationError("--server-pid \(serverPid): allowed: the number of a process that runs here")
        }
    }

    func run() throws {
        try DescriptorLimit.ensure(connections: mostConnections)
        // A server that hangs up makes a write over TLS raise it.
        signal(SIGPIPE, SIG_IGN)
        let page = try results.page()
        let plan = try plan()
        Interruption.install()
        if ceiling { StandardStream.error.write(try Ceiling.measure().line) }
        var run = try LoadRun(plan)
        let summary = try run.perform()
        try results.show(summary, page)
    }

    private func plan() throws -> LoadPlan {
        var endpoints = targets
        for index in endpoints.indices { try endpoints[index].resolve() }
        let stages = Stages(stage)
        var plan = LoadPlan(
            endpoint: endpoints[0],
            connections: mostConnections,
            duration: stages?.duration ?? duration
        )
        plan.stages = stages
        plan.otherEndpoints = Array(endpoints.dropFirst())
        plan.trust = try tls.trust(hasSecure: endpoints.contains(where: \.scheme.isSecure))
        plan.samples = try samples.map { path throws(OutputFile.Failure) in
            try OutputFile(path, option: "--samples")
        }
        plan.clientProtocol = clientProtocol
        plan.roles = shares.roles(of: mostConnections)
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
        plan.tokens = tokens
        plan.feed = feed.plan
        plan.acknowledges = feed.acknowledge
        plan.serverProcess = serverPid.map(Int32.init)
        plan.requirements = results.requirements
        return plan
    }
}
