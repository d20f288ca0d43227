import ArgumentParser
import CommandSupport
internal import Fanout
import FanoutRelay
import Glibc

/// Flags about clients.
struct DownstreamOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "How many threads serve clients; if not given, one for each core.",
            valueName: "count"
        ),
        as: Flags.integer(1...256)
    )
    var shards = max(1, min(256, sysconf(Int32(_SC_NPROCESSORS_ONLN))))

    @Option(
        help: ArgumentHelp(
            "An origin whose web pages may connect, such as https://example.org, https://*.example.org for "
                + "all its subdomains, or * for all; may be repeated. "
                + "Clients other than browsers always may connect, and so may the relay's own page under a numeric "
                + "address, localhost or the host of --listen. If that page is opened under another name, or through "
                + "a proxy, give its origin here too, such as https://relay.example.org.",
            valueName: "origin"
        ),
        transform: Flags.origin
    )
    var allowOrigin: [String] = []

    @Option(
        help: ArgumentHelp(
            "A host name by which clients may address the relay, such as relay.example.org, without a port; may be "
                + "repeated. Numeric addresses, localhost and the host of --listen are always accepted. Other names "
                + "are refused with 403 if the relay listens on loopback, or if this flag is given: a web page could "
                + "otherwise make its own name resolve to the relay's address.",
            valueName: "name"
        ),
        transform: Flags.hostName
    )
    var allowHost: [String] = []

    @Option(
        help: ArgumentHelp("The most connections at a time.", valueName: "count"),
        as: Flags.integer(1...10_000_000)
    )
    var maxConnections = Admission().maximumConnections

    @Option(
        help: ArgumentHelp(
            "The most connections at a time from one address, or one /64 of IPv6; by default as many as "
                + "--max-connections.",
            valueName: "count"
        ),
        as: Flags.integer(1...10_000_000)
    )
    var maxConnectionsPerAddress: Int?

    @Option(
        help: ArgumentHelp(
            "The most new connections a second, and in one burst; further ones get 429. No limit by default, because "
                + "after a restart all clients have to reconnect at once.",
            valueName: "count"
        ),
        as: Flags.integer(1...1_000_000)
    )
    var acceptRate: Int?

    @Option(
        help: ArgumentHelp(
            "The most new connections a second, and in one burst, from one address or one /64 of IPv6; further ones "
                + "get 429. No limit by default, because behind a proxy all clients have its address, unless it tells "
                + "theirs (--forwarded-header); 20 suits a relay to which clients of the internet connect directly.",
            valueName: "count"
        ),
        as: Flags.integer(1...1_000_000)
    )
    var acceptRatePerAddress: Int?

    @Option(
        help: ArgumentHelp(
            "The most operations at a time on one connection. Their ids may have up to 1KiB.",
            valueName: "count"
        ),
        as: Flags.integer(1...100_000)
    )
    var maxSubscriptions = Admission().maximumSubscriptions

    @Option(
        help: ArgumentHelp(
            "The largest message, or body of a POST, that is accepted from a client; by default "
                + "\(Self.largestMessage(execution: false)), \(Self.largestMessage(execution: true)) with "
                + "--allow-execute. After a larger message the WebSocket is closed with 1009; a larger POST gets 413.",
            valueName: "bytes"
        ),
        as: Flags.bytes(1024...(64 << 20))
    )
    var maxClientMessage: Int?

    @Option(
        help: ArgumentHelp(
            "The most bytes that unfinished messages and POST bodies of all clients may hold; at least twice "
                + "--max-client-message. Above that the largest one is given up: a WebSocket is closed with 1013, a "
                + "POST answered with 503.",
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
            "How long a client may take to answer a ping before it is cut off.",
            valueName: "duration"
        ),
        as: Flags.duration(.milliseconds(100) ... .seconds(3_600))
    )
    var clientPongTimeout = Admission().pongTimeout

    @Option(
        help: ArgumentHelp(
            "How many bytes of events a client may lack before the topic's lag action is taken, by which it is closed "
                + "with 1013 unless a --topic-option says otherwise.",
            valueName: "bytes"
        ),
        as: Flags.bytes(1024...(1 << 34))
    )
    var lagLimitBytes = LagPolicy().bytes

    @Option(
        help: ArgumentHelp(
            "How long a client may lack an event before the topic's lag action is taken.",
            valueName: "duration"
        ),
        as: Flags.duration(.milliseconds(100) ... .seconds(3_600))
    )
    var lagLimitAge = LagPolicy().age

    @Option(
        help: ArgumentHelp(
            "How much history is kept for each topic, but never less than --lag-limit-bytes; each batch of events "
                + "counts 512 bytes more than its payloads.",
            valueName: "bytes"
        ),
        as: Flags.bytes(1024...(1 << 34))
    )
    var historyBytes = LagPolicy().historyBytes

    @Option(
        help: ArgumentHelp(
            "The most events that are kept for each topic; by default as many as --history-bytes holds. Whole batches "
                + "are removed. A client that lacks removed events counts as too far behind.",
            valueName: "count"
        ),
        as: Flags.integer(1...1_000_000_000)
    )
    var historyEvents: Int?

    @Option(
        help: ArgumentHelp(
            "How long history is kept, but never less than --lag-limit-age; the last event is kept longer.",
            valueName: "duration"
        ),
        as: Flags.duration(.milliseconds(100) ... .seconds(86_400))
    )
    var historyAge = LagPolicy().historyAge

    @Option(
        help: ArgumentHelp(
            "How much the kernel may hold for a client that doesn't read (SO_SNDBUF).",
            valueName: "bytes"
        ),
        as: Flags.bytes(4096...(64 << 20))
    )
    var sendBuffer = Configuration.defaults.sendBuffer

    @Option(
        help: ArgumentHelp(
            "How long an event may wait for others, so that one call sends them together. It saves processor time "
                + "where single events follow each other quickly; bursts are sent together anyway.",
            valueName: "duration"
        ),
        as: Flags.duration(.zero ... .seconds(1))
    )
    var flushInterval = Configuration.defaults.flushInterval

    @Option(
        help: ArgumentHelp(
            "After SIGTERM, the time over which clients are closed with 1001; those that are left at its end are cut "
                + "off. A client that awaits the answer to a query stays until the answer is sent.",
            valueName: "duration"
        ),
        as: Flags.duration(.zero ... .seconds(3_600))
    )
    var drainWindow = Duration.seconds(5)

    @Option(
        help: ArgumentHelp(
            "After SIGTERM, the most clients that are closed in a second, so that those who take them in aren't "
                + "overrun; with many clients --drain-window becomes as long as that takes.",
            valueName: "count"
        ),
        as: Flags.integer(1...1_000_000)
    )
    var drainRate = 2_000

    @Option(
        help: ArgumentHelp(
            "After SIGTERM, how long the relay goes on serving old and new clients while /readyz already says 503, so "
                + "that load balancers stop sending clients before the drain begins.",
            valueName: "duration"
        ),
        as: Flags.duration(.zero ... .seconds(3_600))
    )
    var drainDelay = Duration.zero

    /// Writes the flags to a configuration, whose `allowsExecution` must be set before, since defaults depend on it.
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
        configuration.admission.allowedOrigins = Set(allowOrigin)
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
    }

    /// The text of --max-client-message's default.
    private static func largestMessage(execution: Bool) -> String {
        var configuration = Configuration.defaults
        configuration.allowsExecution = execution
        return Flags.text(ofBytes: configuration.largestClientMessage)
    }
}
