import ArgumentParser
import CommandSupport
import FanoutRelay
import Settings

/// `fanout-relay serve`: runs the relay until SIGTERM or SIGINT.
struct ServeCommand: AsyncParsableCommand, RelayFlags, BrieflyHelped {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Relay a GraphQL server's subscriptions to WebSocket clients.",
        discussion: """
            Each --topic is one subscription at the server, however many clients listen. Clients get its events
              as GraphQL:  ws://HOST:PORT/graphql, by graphql-transport-ws, with the same operation, or with an empty
                           document and the topic's name as operationName
              as JSON:     ws://HOST:PORT/topics/NAME, frames with a number; ?format=payload for the bare payload
              as server-sent events, if they accept text/event-stream:
                           http://HOST:PORT/topics/NAME, or http://HOST:PORT/graphql (GraphQL over SSE in distinct
                           connections mode)
            With --allow-document, operations that clients may bring become topics too, each client's own where a
            variable is bound to a claim of its token; with --allow-any-subscription any subscription does.
            With --named-query, GET /queries/NAME runs a query on the same session. With --allow-execute, /graphql \
            runs any query or mutation.

            With --cluster several relays are a group: one of them runs each operation at the server, and the clients \
            of all get its events, with tokens that are good at each.

            GET / shows in a browser how the relay is doing, and the topics' events. For operators there are /metrics, \
            /state (JSON), /healthz and /readyz, which says 503 while the server is away, and names topics that aren't \
            live. --admin-listen moves all that to an address of their own.

            SIGTERM and SIGINT close the clients with 1001 and end the program with 0; a second one ends it at once. \
            With --tls-certificate and --tls-key everything is served by https and wss.

            SIGHUP reads all settings and their files again: topics, tokens, certificates, limits and more change \
            while clients stay connected, all of it or, if something is wrong, nothing. What needs a restart is named \
            in the log. SIGHUP, SIGUSR1 and SIGUSR2 never end the program. A log that isn't read delays nothing: when \
            256 KiB of it wait, further lines are dropped and counted. A service manager that gave NOTIFY_SOCKET, such \
            as systemd, is told of start, reload and stop, and of every half of WATCHDOG_USEC in which all threads \
            answered.

            All flags may stand in a file, for --config, or in the environment; 'fanout-relay config' prints what \
            counts.

            Exit codes: 0 after a signal, 64 bad flags, 69 --retry-connect gave up, 71 the port is in use, 78 a file \
            can't be used or the limit of open files is too low.

            Example:
              fanout-relay serve --upstream wss://api.example.org/graphql \\
                  --header 'Authorization: Bearer TOKEN' \\
                  --topic news=@news.graphql --topic-option news:snapshot=last \\
                  --retry-connect 'exponential(base: 2, factor: 1s, max: 60s) jitter: full tries: unlimited'
            """
    )

    static let example = """
        fanout-relay serve --upstream ws://localhost:4000/graphql \\
            --topic 'news=subscription { news { title } }'
        """

    static let mostUsedFlags = [
        "config", "upstream", "header", "topic", "allow-any-subscription", "listen", "tls-certificate", "tls-key",
        "allow-origin", "token-file", "open", "log-level",
    ]

    @OptionGroup(title: "Settings")
    var file: SettingsFileOption

    @OptionGroup(title: "Upstream")
    var upstream: UpstreamOptions

    @OptionGroup(title: "Topics")
    var topics: TopicOptions

    @OptionGroup(title: "Topics on demand")
    var demand: DemandOptions

    @OptionGroup(title: "Documents")
    var documents: DocumentOptions

    @OptionGroup(title: "Queries")
    var queries: QueryOptions

    @OptionGroup(title: "Listeners")
    var listen: ListenOptions

    @OptionGroup(title: "Downstream")
    var downstream: DownstreamOptions

    @OptionGroup(title: "Limits")
    var limits: LimitOptions

    @OptionGroup(title: "Access")
    var access: AccessOptions

    @OptionGroup(title: "Operators")
    var operators: OperatorOptions

    @OptionGroup(title: "Cluster")
    var cluster: ClusterOptions

    @OptionGroup(title: "Log")
    var log: LogOptions

    /// Runs until a signal, or until the session gave up.
    func run() async throws { try await run(as: nil) }

    /// The same.
    ///
    /// - Parameter settings: What its flags were made of; nil where they are the flags alone.
    func run(as settings: Settings?) async throws {
        let words = Array(CommandLine.arguments.dropFirst(2))
        let settings = try settings ?? RelaySettings.bringTogether(words, for: ServeCommand.self)
        let first = try runSettings(settings)
        let run = RelayRun(log: log)
        try await run.run(first) {
            try Self.read(words)
        } started: { relay in
            LineQueue.output.write("\(StartLine(relay))\n")
            StartEntry(of: relay, first.configuration, settings: file.path).write(to: run.logger)
        }
    }

    private func runSettings(_ settings: Settings) throws -> RunSettings {
        let contents = FileContents()
        return RunSettings(
            try FileText.$contents.withValue(contents) { try configuration() },
            settings,
            contents: contents,
            log: log,
            downstream: downstream,
            access: access,
            operators: operators
        )
    }

    /// Brings all settings together again.
    ///
    /// - Throws: `Failure` with the place of what is wrong.
    static func read(_ words: [String]) throws -> RunSettings {
        var settings: Settings?
        do {
            let found = try RelaySettings.bringTogether(words, for: ServeCommand.self)
            settings = found
            return try ServeCommand.parse(found.arguments).runSettings(found)
        } catch {
            guard let complaint = Complaint(error, of: Self.self) else { throw error }
            throw FanoutRelayCommand.locate(complaint, in: settings)
        }
    }
}
