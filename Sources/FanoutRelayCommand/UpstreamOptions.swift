import ArgumentParser
import Backoff
import GraphQLSession
import GraphQLTransport

/// Flags about the session with the GraphQL server.
struct UpstreamOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("The GraphQL server's WebSocket, which speaks graphql-transport-ws.", valueName: "url"),
        transform: Flags.endpoint
    )
    var upstream: Endpoint

    @Option(
        help: ArgumentHelp("A header for the upstream handshake; may be repeated.", valueName: "'Name: value'"),
        transform: Flags.header
    )
    var header: [HeaderLine] = []

    @Option(help: ArgumentHelp("The payload of connection_init: a JSON object, or @FILE.", valueName: "json|@file"))
    var initPayload: String?

    @Option(help: ArgumentHelp("A PEM file of the authorities to trust for wss.", valueName: "file"))
    var upstreamCa: String?

    @Option(
        help: ArgumentHelp(
            "When to connect anew: WAITS jitter: full|random|none tries: N|unlimited time: DURATION|unlimited, where "
                + "WAITS is exponential(base:, factor:, max:), constant(DURATION), fibonacci(max:) or off.",
            valueName: "back-off"
        ),
        transform: Flags.backoff
    )
    var retryConnect = Backoff(waits: .exponential(max: .seconds(60)))

    @Option(
        help: ArgumentHelp("When to subscribe anew after an interruption.", valueName: "back-off"),
        transform: Flags.backoff
    )
    var retrySubscribe = Backoff(waits: .exponential(factor: .milliseconds(250), max: .seconds(30)))

    @Option(
        help: ArgumentHelp("A close code after which to connect anew, though it is a fatal one.", valueName: "code"),
        transform: Flags.integer(1000...4999)
    )
    var retryCloseCode: [Int] = []

    @Option(
        help: ArgumentHelp("The pause after a fatal close code, instead of the back-off's.", valueName: "duration"),
        transform: Flags.duration(.milliseconds(1) ... .seconds(86_400))
    )
    var fatalPause = Duration.seconds(60)

    @Option(
        help: ArgumentHelp("How long name, TCP, TLS and upgrade may take together.", valueName: "duration"),
        transform: Flags.duration(.milliseconds(1) ... .seconds(3_600))
    )
    var connectTimeout = Duration.seconds(10)

    @Option(
        help: ArgumentHelp("How long the server may take to acknowledge.", valueName: "duration"),
        transform: Flags.duration(.milliseconds(1) ... .seconds(3_600))
    )
    var ackTimeout = Duration.seconds(10)

    @Option(
        help: ArgumentHelp("How long the link may be silent before it is pinged.", valueName: "duration"),
        transform: Flags.duration(.milliseconds(10) ... .seconds(3_600))
    )
    var pingInterval = Duration.seconds(15)

    @Option(
        help: ArgumentHelp("How long it may stay silent after a ping before it counts as lost.", valueName: "duration"),
        transform: Flags.duration(.milliseconds(10) ... .seconds(3_600))
    )
    var pongTimeout = Duration.seconds(10)

    @Option(
        help: ArgumentHelp("How to ping: websocket (frames) or graphql (the protocol's message).", valueName: "way"),
        transform: Flags.word(SessionConfiguration.Probe.self)
    )
    var probe = SessionConfiguration.Probe.webSocket

    @Option(
        help: ArgumentHelp("The largest message taken from the server.", valueName: "bytes"),
        transform: Flags.bytes(1024...(1 << 30))
    )
    var maxMessage = 16 << 20

    /// What the session is told; reads the files that flags name.
    func configuration() throws -> SessionConfiguration {
        var configuration = SessionConfiguration()
        let headers = header.map { (name: $0.name, value: $0.value) }
        configuration.headers = { headers }
        if let payload = try initPayload.map({ try FileText.resolve($0, option: "--init-payload") }) {
            do {
                _ = try JSONScanner.scanObject(Array(payload.utf8).span)
            } catch {
                throw Failure(line: "--init-payload: allowed: a JSON object, but \(error)", exitCode: 64)
            }
            configuration.initPayload = { payload }
        }
        if let upstreamCa { try FileText.checkReadable(upstreamCa, option: "--upstream-ca") }
        configuration.authorityFile = upstreamCa
        configuration.retryConnect = retryConnect
        for code in retryCloseCode { configuration.closeCodes[CloseCode(rawValue: UInt16(code))] = .retry }
        configuration.fatalPause = fatalPause
        configuration.connectTimeout = connectTimeout
        configuration.acknowledgementTimeout = ackTimeout
        configuration.pingInterval = pingInterval
        configuration.pongTimeout = pongTimeout
        configuration.probe = probe
        configuration.maximumMessageSize = maxMessage
        return configuration
    }
}
