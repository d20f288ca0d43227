import ArgumentParser
import CommandSupport

/// The events the tool makes itself, or paces.
struct FeedOptions: ParsableArguments {
    @Option(
        help: """
            Be the server's upstream: listen on this HOST:PORT as a GraphQL server (graphql-transport-ws, any path) with \
            one topic, whose payloads have n and at. The events begin when all connections are open.
            """,
        as: Flags.value(BindAddress.self)
    )
    var upstream: BindAddress?

    @OptionGroup var pace: PaceOptions

    @Flag(
        help: """
            Tell the server after each event how many have reached every reader, in an unsolicited pong on the first \
            connection: the closed loop of fanout-load floor --saturate.
            """
    )
    var acknowledge = false

    /// Whether the readers must stay.
    var needsSteadyReaders: Bool { acknowledge || (upstream != nil && pace.saturate != nil) }

    /// What to make; nil for nothing.
    var plan: FeedPlan? {
        upstream.map { FeedPlan(listen: $0.address, pace: pace.pace, size: pace.size) }
    }

    /// Throws what is wrong with the options together.
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
