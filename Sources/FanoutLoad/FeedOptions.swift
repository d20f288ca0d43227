import ArgumentParser
import CommandSupport

/// The events that the tool makes itself, or paces.
struct FeedOptions: ParsableArguments {
    @Option(
        help: """
            Serves the server's upstream on this HOST:PORT: a GraphQL server (graphql-transport-ws, any path) with one \
            topic, whose payloads have n and at. The events begin when all connections are open.
            """,
        as: Flags.value(BindAddress.self)
    )
    var upstream: BindAddress?

    @OptionGroup var pace: PaceOptions

    @Flag(
        help: """
            Tells the server after each event how many events have reached every reader, in an unsolicited pong on the \
            first connection. Needed for fanout-load floor --saturate.
            """
    )
    var acknowledge = false

    /// Whether the run needs readers that stay connected.
    var needsSteadyReaders: Bool { acknowledge || (upstream != nil && pace.saturate != nil) }

    /// The events to make; nil for none.
    var plan: FeedPlan? {
        upstream.map { FeedPlan(listen: $0.address, pace: pace.pace, size: pace.size) }
    }

    /// Throws when the options don't fit together.
    func validate(clientProtocol: ClientProtocol) throws {
        if upstream == nil, let option = pace.given {
            throw ValidationError("\(option) paces the events of --upstream HOST:PORT, which is not given")
        }
        if acknowledge, clientProtocol == .sse {
            throw ValidationError("--acknowledge sends pongs: not allowed with --protocol sse")
        }
        try pace.validatePace()
    }
}
