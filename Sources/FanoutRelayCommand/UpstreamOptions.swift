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
            "A subprotocol to offer; may be repeated, the first is preferred.",
            valueName: "name"
        ),
        as: Flags.word(Subprotocol.self)
    )
    var upstreamSubprotocol = SessionConfiguration().subprotocols

    @Option(help: ArgumentHelp("A PEM file of the authorities to trust for wss and https.", valueName: "file"))
    var upstreamCa: String?

    @Option(
        help: ArgumentHelp(
            "A PEM file of the certificate to show to servers of wss and https that ask for one; read again when it has "
                + "changed.",
            valueName: "file"
        )
    )
    var upstreamCertificate: String?

    @Option(help: ArgumentHelp("A PEM file of the key of --upstream-certificate.", valueName: "file"))
    var upstreamKey: String?

    @Option(
        help: ArgumentHelp(
            "When to connect anew: WAITS jitter: full|random|none tries: N|unlimited time: DURATION|unlimited, where "
                + "WAITS is exponential(base:, factor:, max:), constant(DURATION), fibonacci(max:) or "
                + "off, which makes one attempt at first and one after each link that stayed.",
            valueName: "back-off"
        ),
        as: Flags.backoff
    )
    var retryConnect = SessionConfiguration().retryConnect

    @Option(
        help: ArgumentHelp(
            "How long a link must stay for the next outage to begin with fresh tries and waits.",
            valueName: "duration"
        ),
        as: Flags.duration(.milliseconds(1) ... .seconds(86_400))
    )
    var stableAfter = SessionConfiguration().stableAfter

    @Option(
        help: ArgumentHelp(
            "When to start a topic's operation anew that ended or was refused on a live link; on a new link all start at "
                + "once, those too for which it gave up.",
            valueName: "back-off"
        ),
        as: Flags.backoff
    )
    var retrySubscribe = Configuration.defaults.retrySubscribe

    @Option(
        help: ArgumentHelp(
            "When to try a query or mutation again; never after an answer. With hint(max:, jitter:) in front, when the "
                + "server says so, as by Retry-After.",
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
            "A close code of the server's after which --retry-connect tells when to connect anew, though by default it "
                + "is a fatal one, as 4400, 4401, 4403 and 1008 are; may be repeated. 4401 and 4403 stand for an HTTP "
                + "answer of 401 and 403 too.",
            valueName: "code"
        ),
        as: Flags.integer(1000...4999)
    )
    var retryCloseCode: [Int] = []

    @Option(
        help: ArgumentHelp(
            "A close code of the server's that is fatal, though by default it isn't; may be repeated.",
            valueName: "code"
        ),
        as: Flags.integer(1000...4999)
    )
    var fatalCloseCode: [Int] = []

    @Option(
        help: ArgumentHelp(
            "The pause after a fatal close code, instead of the back-off's wait. After 4401 or 4403 on "
                + "a link that had stayed, one attempt with fresh credentials goes before it.",
            valueName: "duration"
        ),
        as: Flags.duration(.milliseconds(1) ... .seconds(86_400))
    )
    var fatalPause = SessionConfiguration().fatalPause!

    @Option(
        help: ArgumentHelp(
            "How long name, TCP, TLS and upgrade may take together.",
            valueName: "duration"
        ),
        as: Flags.duration(.milliseconds(1) ... .seconds(3_600))
    )
    var connectTimeout = SessionConfiguration().connectTimeout

    @Option(
        help: ArgumentHelp("How long the server may take to acknowledge.", valueName: "duration"),
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
            "How long it may stay silent after a ping before it counts as lost.",
            valueName: "duration"
        ),
        as: Flags.duration(.milliseconds(10) ... .seconds(3_600))
    )
    var pongTimeout = SessionConfiguration().pongTimeout

    @Option(
        help: ArgumentHelp(
            "How long the server may take to answer a close before the connection is cut.",
            valueName: "duration"
        ),
        as: Flags.duration(.milliseconds(10) ... .seconds(3_600))
    )
    var closeTimeout = SessionConfiguration().closeTimeout

    @Option(
        help: ArgumentHelp(
            "How to ping: by WebSocket's frames or the protocol's message.",
            valueName: "way"
        ),
        as: Flags.word(SessionConfiguration.Probe.self)
    )
    var probe = SessionConfiguration().probe

    @Option(
        help: ArgumentHelp("The largest message taken from the server.", valueName: "bytes"),
        as: Flags.bytes(1024...(1 << 30))
    )
    var maxMessage = SessionConfiguration().maximumMessageSize

    /// The GraphQL server's WebSocket, for who can't do without.
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
        configuration.clientIdentity = try clientIdentity()
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
