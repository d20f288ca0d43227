import ArgumentParser
import Backoffs
import CommandSupport
import FanoutRelay
import GraphQLSession
import GraphQLTransport

/// Flags about the session with the GraphQL server.
struct UpstreamOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The GraphQL server's WebSocket: ws:// or wss://. Proxies come from the environment, by curl's rules: "
                + "https_proxy for wss, http_proxy for ws, all_proxy for both, no_proxy for the hosts called directly. "
                + "They may be of http, socks4, socks4a, socks5 or socks5h, not of https.",
            valueName: "url"
        ),
        transform: Flags.endpoint
    )
    var upstream: Endpoint?

    @Option(
        help: ArgumentHelp(
            "The URL for queries and mutations, http:// or https://. They are sent there by POST, with the same "
                + "headers, certificate authorities and proxies; by default they are sent over the WebSocket.",
            valueName: "url"
        ),
        transform: Flags.executeURL
    )
    var executeUrl: String?

    @OptionGroup
    var credentials: CredentialOptions

    @Option(
        help: ArgumentHelp(
            "A subprotocol to offer; may be repeated, and the first one is preferred.",
            valueName: "name"
        ),
        as: Flags.word(Subprotocol.self)
    )
    var upstreamSubprotocol = SessionConfiguration().subprotocols

    @Flag(
        inversion: .prefixedNo,
        help: ArgumentHelp(
            "Ask the server for numbered events, by a member relay in the payload of connection_init. A fanout-relay "
                + "sends them: an interruption then costs no event that it holds, and its resume tokens are good here "
                + "too. Other servers ignore it."
        )
    )
    var upstreamTokens = Configuration.defaults.session.asksForTokens

    @Option(
        help: ArgumentHelp(
            "A PEM file of the certificate authorities to trust for wss and https, instead of the system's.",
            valueName: "file"
        )
    )
    var upstreamCa: String?

    @Option(
        help: ArgumentHelp(
            "A PEM file of the certificate to show to servers of wss and https that ask for one; read again when it "
                + "has changed.",
            valueName: "file"
        )
    )
    var upstreamCertificate: String?

    @Option(help: ArgumentHelp("A PEM file of the key of --upstream-certificate.", valueName: "file"))
    var upstreamKey: String?

    @Option(
        help: ArgumentHelp(
            "When to connect again: WAITS jitter: full|random|none tries: N|unlimited time: DURATION|unlimited, where "
                + "WAITS is exponential(base:, factor:, max:), constant(DURATION), fibonacci(max:) or off. With off "
                + "there is one attempt at the start, and one after each link that lasted (--stable-after).",
            valueName: "back-off"
        ),
        as: Flags.backoff
    )
    var retryConnect = SessionConfiguration().retryConnect

    @Option(
        help: ArgumentHelp(
            "How long a link must last for the next outage to start with all tries, and with the first wait.",
            valueName: "duration"
        ),
        as: Flags.duration(.milliseconds(1) ... .seconds(86_400))
    )
    var stableAfter = SessionConfiguration().stableAfter

    @Option(
        help: ArgumentHelp(
            "When to start a topic's operation again that ended or was refused while the link is up. On a new link all "
                + "operations start at once, even those for which the back-off had given up.",
            valueName: "back-off"
        ),
        as: Flags.backoff
    )
    var retrySubscribe = Configuration.defaults.retrySubscribe

    @Option(
        help: ArgumentHelp(
            "When to try a query or mutation again; never after an answer. With hint(max:, jitter:) in front, the "
                + "server decides when, as by Retry-After.",
            valueName: "back-off"
        ),
        as: Flags.backoff
    )
    var retryExecute = SessionConfiguration().retryExecute

    @Option(
        help: ArgumentHelp(
            "How long the answer to a query or mutation may take.",
            valueName: "duration"
        ),
        as: Flags.duration(.milliseconds(1) ... .seconds(3_600))
    )
    var executeTimeout = SessionConfiguration().executeTimeout!

    @Option(
        help: ArgumentHelp(
            "A close code of the server that isn't fatal, though by default it is, like 4400, 4401, 4403 and 1008: "
                + "after it --retry-connect says when to connect again. May be repeated. 4401 and 4403 also stand for "
                + "an HTTP answer of 401 and 403.",
            valueName: "code"
        ),
        as: Flags.integer(1000...4999)
    )
    var retryCloseCode: [Int] = []

    @Option(
        help: ArgumentHelp(
            "A close code of the server that is fatal, though by default it isn't; may be repeated.",
            valueName: "code"
        ),
        as: Flags.integer(1000...4999)
    )
    var fatalCloseCode: [Int] = []

    @Option(
        help: ArgumentHelp(
            "The pause after a fatal close code, instead of the back-off's wait. After 4401 or 4403 on a link that had "
                + "lasted, one attempt with fresh credentials precedes the pause.",
            valueName: "duration"
        ),
        as: Flags.duration(.milliseconds(1) ... .seconds(86_400))
    )
    var fatalPause = SessionConfiguration().fatalPause!

    @Option(
        help: ArgumentHelp(
            "How long resolving the name, TCP, TLS and the upgrade may take together.",
            valueName: "duration"
        ),
        as: Flags.duration(.milliseconds(1) ... .seconds(3_600))
    )
    var connectTimeout = SessionConfiguration().connectTimeout

    @Option(
        help: ArgumentHelp("How long the server may take to send connection_ack.", valueName: "duration"),
        as: Flags.duration(.milliseconds(1) ... .seconds(3_600))
    )
    var ackTimeout = SessionConfiguration().acknowledgementTimeout

    @Option(
        help: ArgumentHelp(
            "How long the link may be silent before it is pinged.",
            valueName: "duration"
        ),
        as: Flags.duration(.milliseconds(10) ... .seconds(3_600))
    )
    var pingInterval = SessionConfiguration().pingInterval!

    @Option(
        help: ArgumentHelp(
            "How long the link may stay silent after a ping before it counts as lost.",
            valueName: "duration"
        ),
        as: Flags.duration(.milliseconds(10) ... .seconds(3_600))
    )
    var pongTimeout = SessionConfiguration().pongTimeout

    @Option(
        help: ArgumentHelp(
            "How long the server may take to answer a close frame before the connection is cut.",
            valueName: "duration"
        ),
        as: Flags.duration(.milliseconds(10) ... .seconds(3_600))
    )
    var closeTimeout = SessionConfiguration().closeTimeout

    @Option(
        help: ArgumentHelp(
            "How to ping: with WebSocket's ping frame, or with the subprotocol's ping message.",
            valueName: "way"
        ),
        as: Flags.word(SessionConfiguration.Probe.self)
    )
    var probe = SessionConfiguration().probe

    @Option(
        help: ArgumentHelp("The largest message that is accepted from the server.", valueName: "bytes"),
        as: Flags.bytes(1024...(1 << 30))
    )
    var maxMessage = SessionConfiguration().maximumMessageSize

    /// The URL of the server's WebSocket, for commands that need it.
    func endpoint() throws -> Endpoint {
        guard let upstream else {
            throw Failure(line: "--upstream: missing; allowed: a ws:// or wss:// URL", exitCode: 64)
        }
        return upstream
    }

    private func clientIdentity() throws -> ClientIdentity? {
        switch (upstreamCertificate, upstreamKey) {
        case (nil, nil): return nil
        case (let certificate?, let key?):
            try FileText.checkReadable(certificate, option: "--upstream-certificate")
            try FileText.checkReadable(key, option: "--upstream-key")
            return ClientIdentity(certificateFile: certificate, keyFile: key)
        case (nil, _): throw Failure(line: "--upstream-key: allowed: with --upstream-certificate", exitCode: 64)
        case (_, nil): throw Failure(line: "--upstream-certificate: allowed: with --upstream-key", exitCode: 64)
        }
    }

    private func closeCodes() throws -> CloseCodePolicy {
        if let code = fatalCloseCode.first(where: retryCloseCode.contains) {
            let line = "--fatal-close-code \(code): allowed: codes that --retry-close-code doesn't name"
            throw Failure(line: line, exitCode: 64)
        }
        var codes = CloseCodePolicy()
        for code in retryCloseCode { codes[CloseCode(rawValue: UInt16(code))] = .retry }
        for code in fatalCloseCode { codes[CloseCode(rawValue: UInt16(code))] = .fatal }
        return codes
    }

    /// The configuration of the session; reads the files that flags name.
    func configuration() throws -> SessionConfiguration {
        var configuration = SessionConfiguration()
        let source = try credentials.source()
        configuration.headers = { try await source.headers() }
        configuration.headersName = source.headersName
        configuration.initPayloadName = "--init-payload-file"
        configuration.initPayload = { try source.initPayload() }
        if let upstreamCa { try FileText.checkReadable(upstreamCa, option: "--upstream-ca") }
        configuration.authorityFile = upstreamCa
        configuration.clientIdentity = try clientIdentity()
        configuration.asksForTokens = upstreamTokens
        configuration.subprotocols = upstreamSubprotocol
        configuration.retryConnect = retryConnect
        configuration.retryExecute = retryExecute
        if let executeUrl { configuration.httpEndpoint = { executeUrl } }
        configuration.executeTimeout = executeTimeout
        configuration.stableAfter = stableAfter
        configuration.closeCodes = try closeCodes()
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
