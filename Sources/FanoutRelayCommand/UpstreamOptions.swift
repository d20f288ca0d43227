import ArgumentParser
import Backoff
import GraphQLSession
import GraphQLTransport

/// Flags about the session with the GraphQL server.
struct UpstreamOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The GraphQL server's WebSocket: ws:// or wss://. Proxies come from the environment, by curl's rules: "
                + "https_proxy for wss, http_proxy for ws, all_proxy for both, no_proxy for the hosts called directly.",
            valueName: "url"
        ),
        transform: Flags.endpoint
    )
    var upstream: Endpoint?

    @Option(
        help: ArgumentHelp(
            "Where queries and mutations are sent by POST instead of over the link: http:// or https://, with the same "
                + "headers, authorities and proxies. By default they go over the link.",
            valueName: "url"
        ),
        transform: Flags.executeURL
    )
    var executeUrl: String?

    @OptionGroup
    var credentials: CredentialOptions

    @Option(
        help: ArgumentHelp(
            "A subprotocol to offer, graphql-transport-ws or graphql-ws; may be repeated, the first is preferred. By "
                + "default both in this order.",
            valueName: "name"
        ),
        transform: Flags.word(Subprotocol.self)
    )
    var upstreamSubprotocol: [Subprotocol] = []

    @Option(help: ArgumentHelp("A PEM file of the authorities to trust for wss and https.", valueName: "file"))
    var upstreamCa: String?

    @Option(
        help: ArgumentHelp(
            "When to connect anew: WAITS jitter: full|random|none tries: N|unlimited time: DURATION|unlimited, where "
                + "WAITS is exponential(base:, factor:, max:), constant(DURATION), fibonacci(max:) or "
                + "off, which makes one attempt at first and one after each lost link. By default 'exponential(base: 2, factor: 1s, max: 60s) jitter: full tries: unlimited'.",
            valueName: "back-off"
        ),
        transform: Flags.backoff
    )
    var retryConnect = Backoff(waits: .exponential(max: .seconds(60)))

    @Option(
        help: ArgumentHelp(
            "When to subscribe anew after an interruption; by default exponential from 250ms to 30s, full jitter.",
            valueName: "back-off"
        ),
        transform: Flags.backoff
    )
    var retrySubscribe = Backoff(waits: .exponential(factor: .milliseconds(250), max: .seconds(30)))

    @Option(
        help: ArgumentHelp(
            "When to try a query or mutation again; never after an answer. 5 tries by default.",
            valueName: "back-off"
        ),
        transform: Flags.backoff
    )
    var retryExecute = SessionConfiguration().retryExecute

    @Option(
        help: ArgumentHelp(
            "How long the answer to a query or mutation may take; 10s by default.",
            valueName: "duration"
        ),
        transform: Flags.duration(.milliseconds(1) ... .seconds(3_600))
    )
    var executeTimeout = Duration.seconds(10)

    @Option(
        help: ArgumentHelp("A close code after which to connect anew, though it is a fatal one.", valueName: "code"),
        transform: Flags.integer(1000...4999)
    )
    var retryCloseCode: [Int] = []

    @Option(
        help: ArgumentHelp(
            "The pause after a fatal close code, instead of the back-off's; 60s by default.",
            valueName: "duration"
        ),
        transform: Flags.duration(.milliseconds(1) ... .seconds(86_400))
    )
    var fatalPause = Duration.seconds(60)

    @Option(
        help: ArgumentHelp(
            "How long name, TCP, TLS and upgrade may take together; 10s by default.",
            valueName: "duration"
        ),
        transform: Flags.duration(.milliseconds(1) ... .seconds(3_600))
    )
    var connectTimeout = Duration.seconds(10)

    @Option(
        help: ArgumentHelp("How long the server may take to acknowledge; 10s by default.", valueName: "duration"),
        transform: Flags.duration(.milliseconds(1) ... .seconds(3_600))
    )
    var ackTimeout = Duration.seconds(10)

    @Option(
        help: ArgumentHelp(
            "How long the link may be silent before it is pinged; 15s by default.",
            valueName: "duration"
        ),
        transform: Flags.duration(.milliseconds(10) ... .seconds(3_600))
    )
    var pingInterval = Duration.seconds(15)

    @Option(
        help: ArgumentHelp(
            "How long it may stay silent after a ping before it counts as lost; 10s by default.",
            valueName: "duration"
        ),
        transform: Flags.duration(.milliseconds(10) ... .seconds(3_600))
    )
    var pongTimeout = Duration.seconds(10)

    @Option(
        help: ArgumentHelp(
            "How long the server may take to answer a close before the connection is cut; 10s by default.",
            valueName: "duration"
        ),
        transform: Flags.duration(.milliseconds(10) ... .seconds(3_600))
    )
    var closeTimeout = Duration.seconds(10)

    @Option(
        help: ArgumentHelp(
            "How to ping: websocket (frames, the default) or graphql (the protocol's message).",
            valueName: "way"
        ),
        transform: Flags.word(SessionConfiguration.Probe.self)
    )
    var probe = SessionConfiguration.Probe.webSocket

    @Option(
        help: ArgumentHelp("The largest message taken from the server; 16MiB by default.", valueName: "bytes"),
        transform: Flags.bytes(1024...(1 << 30))
    )
    var maxMessage = 16 << 20

    /// The GraphQL server's WebSocket, for who can't do without.
    func endpoint() throws -> Endpoint {
        guard let upstream else {
            throw Failure(line: "--upstream: missing; allowed: a ws:// or wss:// URL", exitCode: 64)
        }
        return upstream
    }

    /// What the session is told; reads the files that flags name.
    func configuration() throws -> SessionConfiguration {
        var configuration = SessionConfiguration()
        let source = try credentials.source()
        configuration.headers = { try await source.headers() }
        configuration.headersName = source.headersName
        configuration.initPayloadName = "--init-payload-file"
        configuration.initPayload = { try source.initPayload() }
        if let upstreamCa { try FileText.checkReadable(upstreamCa, option: "--upstream-ca") }
        configuration.authorityFile = upstreamCa
        if !upstreamSubprotocol.isEmpty { configuration.subprotocols = upstreamSubprotocol }
        configuration.retryConnect = retryConnect
        configuration.retryExecute = retryExecute
        if let executeUrl { configuration.httpEndpoint = { executeUrl } }
        configuration.executeTimeout = executeTimeout
        for code in retryCloseCode { configuration.closeCodes[CloseCode(rawValue: UInt16(code))] = .retry }
        configuration.fatalPause = fatalPause
        configuration.connectTimeout = connectTimeout
        configuration.acknowledgementTimeout = ackTimeout
        configuration.pingInterval = pingInterval
        configuration.pongTimeout = pongTimeout
        configuration.closeTimeout = closeTimeout
        configuration.probe = probe
        configuration.maximumMessageSize = maxMessage
        return configuration
    }
}
