import ArgumentParser
import CommandSupport
internal import Fanout
import FanoutRelay
import Glibc

/// Flags about the clients.
struct DownstreamOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Where to listen; port 0 takes a free one, 0.0.0.0:8080 lets other machines in.",
            valueName: "host:port"
        ),
        as: Flags.value(ListenAddress.self)
    )
    var listen = ListenAddress(host: Configuration.defaults.host, port: Configuration.defaults.port)

    @Option(
        help: ArgumentHelp(
            "Serve https and wss instead of http and ws, with this certificate chain in PEM, the relay's own "
                + "certificate first. TLS 1.2 and later; kill -HUP reads it and its key anew. Needs --tls-key.",
            valueName: "file"
        )
    )
    var tlsCertificate: String?

    @Option(
        help: ArgumentHelp("The certificate's private key in PEM, without a passphrase.", valueName: "file")
    )
    var tlsKey: String?

    @Option(
        help: ArgumentHelp(
            "How many threads serve clients; unless this says otherwise, one for each core.",
            valueName: "count"
        ),
        as: Flags.integer(1...256)
    )
    var shards = max(1, min(256, sysconf(Int32(_SC_NPROCESSORS_ONLN))))

    @Option(
        help: ArgumentHelp(
            "An origin whose web pages may connect, such as https://example.org, or * for all; may be repeated. Clients "
                + "that are no browsers always may, and the relay's own page under a numeric address, localhost or the "
                + "host of --listen: behind a name or a proxy, give its origin here, such as https://relay.example.org.",
            valueName: "origin"
        )
    )
    var allowOrigin: [String] = []

    @Option(
        help: ArgumentHelp(
            "A name under which the relay is asked for, such as relay.example.org, without a port; may be repeated. "
                + "Numeric addresses, localhost and the host of --listen always are. On a loopback address other names "
                + "are refused with 403, since a page can give its own name to any address; elsewhere once one is given.",
            valueName: "name"
        ),
        transform: Flags.hostName
    )
    var allowHost: [String] = []

    @Option(
        help: ArgumentHelp("Most connections at a time.", valueName: "count"),
        as: Flags.integer(1...10_000_000)
    )
    var maxConnections = Admission().maximumConnections

    @Option(
        help: ArgumentHelp(
            "Most connections at a time from one address, or one /64 of IPv6; by default as many as in all.",
            valueName: "count"
        ),
        as: Flags.integer(1...10_000_000)
    )
    var maxConnectionsPerAddress: Int?

    @Option(
        help: ArgumentHelp(
            "Most new connections a second, and as many at once; more get 429. No limit by default: after a restart "
                + "all clients come at once, and should.",
            valueName: "count"
        ),
        as: Flags.integer(1...1_000_000)
    )
    var acceptRate: Int?

    @Option(
        help: ArgumentHelp(
            "Most new connections a second, and as many at once, from one address, or one /64 of IPv6; more get 429. "
                + "No limit by default, since behind a proxy all clients have its address; 20 suits a relay that "
                + "faces the internet itself.",
            valueName: "count"
        ),
        as: Flags.integer(1...1_000_000)
    )
    var acceptRatePerAddress: Int?

    @Option(
        help: ArgumentHelp(
            "Most operations at a time on one connection. Their ids have up to 1KiB.",
            valueName: "count"
        ),
        as: Flags.integer(1...100_000)
    )
    var maxSubscriptions = Admission().maximumSubscriptions

    @Option(
        help: ArgumentHelp(
            "The largest message, or body of a POST, taken from a client; by default "
                + "\(Self.largestMessage(execution: false)), \(Self.largestMessage(execution: true)) with "
                + "--allow-execute. A larger one is closed with 1009, or answered 413.",
            valueName: "bytes"
        ),
        as: Flags.bytes(1024...(64 << 20))
    )
    var maxClientMessage: Int?

    @Option(
        help: ArgumentHelp(
            "Most bytes of all clients' messages and bodies that have begun to arrive, and at least twice "
                + "--max-client-message. Over it the largest is given up, with 1013 or 503.",
            valueName: "bytes"
        ),
        as: Flags.bytes(2048...(1 << 36)),
        otherwise: Admission().maximumGatheredBytes
    )
    var maxGatheredBytes: Int?

    @Option(
        help: ArgumentHelp("How long a client may take to send connection_init.", valueName: "duration"),
        as: Flags.duration(.milliseconds(100) ... .seconds(3_600))
    )
    var initTimeout = Admission().initialisationTimeout

    @Option(
        help: ArgumentHelp(
            "How long a client may be silent before it is pinged.",
            valueName: "duration"
        ),
        as: Flags.duration(.milliseconds(100) ... .seconds(3_600))
    )
    var clientPingInterval = Admission().pingInterval

    @Option(
        help: ArgumentHelp(
            "How long it may take to answer before it is cut off.",
            valueName: "duration"
        ),
        as: Flags.duration(.milliseconds(100) ... .seconds(3_600))
    )
    var clientPongTimeout = Admission().pongTimeout

    @Option(
        help: ArgumentHelp(
            "How far a client may fall behind before it is closed with 1013.",
            valueName: "bytes"
        ),
        as: Flags.bytes(1024...(1 << 34))
    )
    var lagLimitBytes = LagPolicy().bytes

    @Option(
        help: ArgumentHelp(
            "How long a client may lack an event before it is closed with 1013.",
            valueName: "duration"
        ),
        as: Flags.duration(.milliseconds(100) ... .seconds(3_600))
    )
    var lagLimitAge = LagPolicy().age

    @Option(
        help: ArgumentHelp(
            "History that is kept for each topic, and never less than --lag-limit-bytes; each batch of "
                + "events counts 512 bytes more than its payloads.",
            valueName: "bytes"
        ),
        as: Flags.bytes(1024...(1 << 34))
    )
    var historyBytes = LagPolicy().historyBytes

    @Option(
        help: ArgumentHelp(
            "Most events that are kept for each topic, by default as many as --history-bytes holds; whole batches go. "
                + "A client that lacks older ones counts as too far behind.",
            valueName: "count"
        ),
        as: Flags.integer(1...1_000_000_000)
    )
    var historyEvents: Int?

    @Option(
        help: ArgumentHelp(
            "How long history is kept, and never less than --lag-limit-age; the last event is kept longer.",
            valueName: "duration"
        ),
        as: Flags.duration(.milliseconds(100) ... .seconds(86_400))
    )
    var historyAge = LagPolicy().historyAge

    @Option(
        help: ArgumentHelp(
            "What the kernel may hold for a client that doesn't read (SO_SNDBUF).",
            valueName: "bytes"
        ),
        as: Flags.bytes(4096...(64 << 20))
    )
    var sendBuffer = Configuration.defaults.sendBuffer

    @Option(
        help: ArgumentHelp(
            "How long an event may wait for others, so that they go out in one call. It saves "
                + "processor time where events come one by one and often; bursts go out together anyway.",
            valueName: "duration"
        ),
        as: Flags.duration(.zero ... .seconds(1))
    )
    var flushInterval = Configuration.defaults.flushInterval

    @Option(
        help: ArgumentHelp(
            "On SIGTERM, the time over which clients are sent away with 1001, and at its end cut off. Who "
                + "awaits the answer to a query stays until it is out.",
            valueName: "duration"
        ),
        as: Flags.duration(.zero ... .seconds(3_600))
    )
    var drainWindow = Duration.seconds(5)

    @Option(
        help: ArgumentHelp(
            "On SIGTERM, how long the relay serves on, also new clients, while /readyz says 503 already, so that load "
                + "balancers turn away first.",
            valueName: "duration"
        ),
        as: Flags.duration(.zero ... .seconds(3_600))
    )
    var drainDelay = Duration.zero

    /// Tells a configuration what the flags say; what depends on the queries it allows comes after those.
    func apply(to configuration: inout Configuration) throws {
        configuration.admission.maximumMessageSize = maxClientMessage
        let maxClientMessage = configuration.largestClientMessage
        if let maxGatheredBytes, maxGatheredBytes / 2 < maxClientMessage {
            throw Failure(
                line: "--max-gathered-bytes \(maxGatheredBytes): allowed: twice --max-client-message or more, "
                    + "\(2 * maxClientMessage)",
                exitCode: 64
            )
        }
        configuration.host = listen.host
        configuration.port = listen.port
        configuration.admission.allowedOrigins = Set(try allowOrigin.map(Self.origin))
        configuration.admission.allowedHosts = Set(allowHost)
        configuration.admission.maximumConnections = maxConnections
        configuration.admission.maximumPerAddress = maxConnectionsPerAddress ?? .max
        configuration.admission.acceptRate = acceptRate
        configuration.admission.acceptRatePerAddress = acceptRatePerAddress
        configuration.admission.maximumSubscriptions = maxSubscriptions
        configuration.admission.maximumGatheredBytes = max(
            maxGatheredBytes ?? Admission().maximumGatheredBytes,
            2 * maxClientMessage
        )
        configuration.admission.initialisationTimeout = initTimeout
        configuration.admission.pingInterval = clientPingInterval
        configuration.admission.pongTimeout = clientPongTimeout
        configuration.lag.bytes = lagLimitBytes
        configuration.lag.age = lagLimitAge
        configuration.lag.historyBytes = max(historyBytes, lagLimitBytes)
        configuration.lag.historyEvents = historyEvents ?? .max
        configuration.lag.historyAge = max(historyAge, lagLimitAge)
        configuration.sendBuffer = sendBuffer
        configuration.flushInterval = flushInterval
        configuration.tls = try tlsFiles()
    }

    /// The default of --max-client-message.
    private static func largestMessage(execution: Bool) -> String {
        var configuration = Configuration.defaults
        configuration.allowsExecution = execution
        return Flags.text(ofBytes: configuration.largestClientMessage)
    }

    /// An origin as browsers write it.
    private static func origin(_ text: String) throws -> String {
        if text == "*" { return text }
        guard let origin = WebOrigin(parsing: text) else {
            throw Failure(
                line: "--allow-origin '\(text)': allowed: scheme, host and port such as https://example.org, or *",
                exitCode: 64
            )
        }
        return origin.description
    }

    private func tlsFiles() throws -> TLSFiles? {
        guard let tlsCertificate, let tlsKey else {
            guard tlsCertificate == nil, tlsKey == nil else {
                let (given, missing) = tlsKey == nil ? ("certificate", "key") : ("key", "certificate")
                throw Failure(line: "--tls-\(given) needs --tls-\(missing) too", exitCode: EX_USAGE)
            }
            return nil
        }
        try FileText.checkReadable(tlsCertificate, option: "--tls-certificate")
        try FileText.checkReadable(tlsKey, option: "--tls-key")
        return TLSFiles(certificate: tlsCertificate, key: tlsKey)
    }
}
