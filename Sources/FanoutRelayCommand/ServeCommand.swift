import ArgumentParser
internal import Fanout
import FanoutRelay

/// `fanout-relay serve`: runs the relay until SIGTERM or SIGINT.
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Relay a GraphQL server's subscriptions to WebSocket clients.",
        discussion: """
            Each --topic is one subscription at the server, however many clients listen. Clients get it
              as GraphQL:  ws://HOST:PORT/graphql, graphql-transport-ws, with the same operation, or an empty
                           document and the topic's name as operationName
              as JSON:     ws://HOST:PORT/topics/NAME, frames with a number; ?format=payload for the bare payload
              as events:   http://HOST:PORT/topics/NAME, server-sent events to who accepts text/event-stream; so does
                           http://HOST:PORT/graphql, GraphQL over SSE in distinct connections mode
            With --allow-any-subscription, clients' own subscriptions become topics too.
            With --named-query, GET /queries/NAME runs a query on the same session; with --allow-execute, /graphql \
            runs any query or mutation over HTTP.
            GET / shows the streams in a browser, /metrics, /healthz and /readyz (503 while the server is away; it names \
            the topics that aren't live) serve operators. SIGTERM and SIGINT send the clients away with 1001 and end with \
            0; a second one ends at once. With --tls-certificate and --tls-key all of it is https and wss, and SIGHUP \
            reads both files anew. SIGHUP, SIGUSR1 and SIGUSR2 never end it. A log that isn't read delays nothing: over \
            256 KiB of it lines are dropped, and counted.

            Exit codes: 0 after a signal, 64 bad flags, 69 --retry-connect gave up, 71 the port is taken, 78 a file \
            can't be used or the limit of open files is too low.

            Example:
              fanout-relay serve --upstream wss://api.example.org/graphql \\
                  --header 'Authorization: Bearer TOKEN' \\
                  --topic news=@news.graphql --topic-option news:snapshot=last \\
                  --retry-connect 'exponential(base: 2, factor: 1s, max: 60s) jitter: full tries: unlimited'
            """
    )

    @OptionGroup(title: "Upstream")
    var upstream: UpstreamOptions

    @OptionGroup(title: "Topics")
    var topics: TopicOptions

    @OptionGroup(title: "Topics on demand")
    var demand: DemandOptions

    @OptionGroup(title: "Queries")
    var queries: QueryOptions

    @OptionGroup(title: "Downstream")
    var downstream: DownstreamOptions

    @OptionGroup(title: "Log")
    var log: LogOptions

    /// Runs until a signal, or until the session gave up.
    func run() async throws {
        var configuration = Configuration(
            upstream: try upstream.endpoint(),
            topics: try topics.checkedDefinitions(mayLack: demand.allowAnySubscription),
            shards: downstream.shards
        )
        configuration.session = try upstream.configuration()
        configuration.retrySubscribe = upstream.retrySubscribe
        configuration.refetchTimeout = topics.refetchTimeout
        demand.apply(to: &configuration)
        try topics.apply(to: &configuration.demand)
        try queries.apply(to: &configuration)
        try downstream.apply(to: &configuration)
        let run = RelayRun(
            logger: log.logger(),
            drainWindow: downstream.drainWindow,
            drainDelay: downstream.drainDelay,
            hasCertificate: downstream.tlsCertificate != nil
        )
        try await run.run(configuration) { relay in
            LineQueue.output.write("\(StartLine(relay))\n")
        }
    }
}
