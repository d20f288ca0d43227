internal import WebSockets

/// Who may connect, and how much one client may ask for.
public struct Admission: Sendable {
    /// Origins of web pages that may connect, such as `https://example.org`, as browsers write them.
    ///
    /// `https://*.example.org` allows those of all subdomains, and `*` those of everybody.
    ///
    /// Two kinds of clients need no entry: those that aren't browsers and send no Origin, and pages that the relay
    /// serves itself, if their address in the browser is numeric, localhost, or the host that the relay listens on.
    /// Under another name these pages need the origin of that name here.
    public var allowedOrigins: Set<String> = [] {
        didSet { originPatterns = allowedOrigins.compactMap(OriginPattern.init(parsing:)) }
    }
    private var originPatterns: [OriginPattern] = []
    /// Host names by which clients may address the relay, in lower case, without a port.
    ///
    /// Numeric addresses, localhost and the host that it listens on are always accepted. Anybody can make a name of
    /// their own resolve to the relay's address, and a browser then treats their page and the relay as one site (DNS
    /// rebinding). When this set is empty, every name is accepted unless the relay listens on loopback.
    public var allowedHosts: Set<String> = []
    /// The most connections at a time; 10,000 by default.
    public var maximumConnections = 10_000
    /// The most connections at a time from one address, or one /64 of IPv6; unlimited by default.
    public var maximumPerAddress = Int.max
    /// The most new connections a second, and in one burst; unlimited by default.
    ///
    /// It protects the connected clients from a flood of new ones.
    public var acceptRate: Int?
    /// The most new connections a second, and in one burst, from one address or one /64 of IPv6; unlimited by default.
    ///
    /// Behind a proxy or a load balancer all clients share its address, so that the limit would hit them together. Set
    /// it only where clients connect directly, or where the proxy tells who they are.
    public var acceptRatePerAddress: Int?
    /// The most operations at a time on one connection; 100 by default.
    public var maximumSubscriptions = 100
    /// The most connections at a time of one subject, the one that tokens name; unlimited by default.
    public var maximumPerSubject = Int.max
    /// The most messages that a client may send within a second, 1 to `highestRate`.
    ///
    /// After more it is closed with 1008. Fragments of less than 128 bytes and pongs count as messages; pings and empty
    /// pongs are limited by their bytes, while the thread is busy. The default, nil, means twice
    /// `maximumSubscriptions`, and at least 200.
    public var messageRate: Int?
    /// The most operations that a client may begin within a second, 1 to `highestRate`.
    ///
    /// Further ones are answered with an error. The default, nil, means `maximumSubscriptions`, and at least 100: a
    /// client that comes back begins all its operations at once.
    public var subscribeRate: Int?
    /// The highest rate of messages and operations that can be set: 65,535 within a second.
    public static var highestRate: Int { RateWindow.highest }
    /// The largest message, or body of a POST, that is accepted from a client, in bytes.
    ///
    /// The default, nil, means 64 KiB, and 1 MiB where clients may run queries and mutations of their own. A WebSocket
    /// that sends a larger message is closed with 1009; a POST is answered with 413.
    public var maximumMessageSize: Int?
    /// The most bytes that unfinished messages and bodies of all clients may hold; 64 MiB by default.
    ///
    /// It must be at least twice the largest message. Over the limit the largest unfinished message is given up: its
    /// WebSocket is closed with 1013, or its POST answered with 503. Messages count from 1 KiB on.
    public var maximumGatheredBytes = 64 << 20
    /// How long a client may take to send `connection_init`; 3 s by default.
    public var initialisationTimeout = Duration.seconds(3)
    /// How long a client may be silent before it is pinged; 12 s by default.
    public var pingInterval = Duration.seconds(12)
    /// How long it may take to answer the ping; 12 s by default.
    public var pongTimeout = Duration.seconds(12)

    /// Which host names and origins are the relay's own.
    var ownAddress = OwnAddress()

    /// The defaults.
    public init() {}

    /// The largest message that is accepted; it depends on whether clients may run operations of their own.
    func messageSize(allowsExecution: Bool) -> Int { maximumMessageSize ?? (allowsExecution ? 1 << 20 : 64 * 1024) }

    /// What of it the listener minds.
    var listenerLimits: Listener.Limits {
        Listener.Limits(
            connections: maximumConnections,
            perAddress: maximumPerAddress,
            rate: acceptRate,
            ratePerAddress: acceptRatePerAddress
        )
    }

    /// The message rate that applies.
    var allowedMessageRate: Int {
        messageRate ?? min(max(200, 2 * min(maximumSubscriptions, Self.highestRate)), Self.highestRate)
    }

    /// The rate of operations that applies.
    var allowedSubscribeRate: Int { subscribeRate ?? min(max(100, maximumSubscriptions), Self.highestRate) }

    /// Accepts or refuses a handshake by its Origin.
    func decide(_ request: UpgradeRequest) -> UpgradeDecision {
        guard let origin = request.origin, !allows(origin: origin, host: request.host) else { return .accept }
        return .refuse(status: 403, reason: "origin \(origin.prefix(200)) is not allowed")
    }

    /// Whether pages of an origin may use the relay at the given Host.
    func allows(origin: String, host: String) -> Bool {
        allowedOrigins.contains("*") || names(origin: origin)
            || (ownAddress.isNamed(by: host) && ownAddress.isOrigin(origin, at: host))
    }

    /// Whether an origin is named among the allowed ones, so that its pages may use their users' credentials.
    func names(origin: String) -> Bool {
        // A pattern is no origin, though nobody's browser says so.
        let isListed = allowedOrigins.contains(origin) && !origin.contains("*")
        return isListed || originPatterns.contains { $0.matches(origin: origin) }
    }

    /// Whether requests with an unknown Host are refused.
    package var checksHost: Bool {
        !allowedHosts.isEmpty || (ownAddress.isLoopback && !allowedOrigins.contains("*"))
    }

    /// Why a request without an Origin is refused; nil when it isn't.
    ///
    /// Browsers send no Origin in two cases. A page may read from its own origin: then the Host tells whose page it is.
    /// Any page may embed something, such as an image: then `Sec-Fetch-Site` says so (Fetch Metadata, section 2.3),
    /// which browsers send over TLS and to localhost only.
    ///
    /// - Parameter isClick: Whether a person follows a link, so that no page gets the answer.
    func refusal(host: String, site: String?, isClick: Bool = false) -> String? {
        if site == "cross-site" || site == "same-site", !isClick, !allowedOrigins.contains("*") {
            return "a page of another origin has to ask with CORS"
        }
        guard checksHost, !host.isEmpty, !ownAddress.isNamed(by: host) else { return nil }
        let host = host.lowercased()
        let isNamed =
            allowedOrigins.contains { WebOrigin(parsing: $0)?.host == host }
            || originPatterns.contains { $0.matches(host: host) }
        guard !isNamed else { return nil }
        return "the host \(host.prefix(200)) is not allowed here: it has to be named (--allow-host)"
    }
}
