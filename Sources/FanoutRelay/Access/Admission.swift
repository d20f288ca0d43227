internal import WebSockets

/// Who may come in, and how much one client may ask for.
public struct Admission: Sendable {
    /// Origins of web pages that may connect, such as `https://example.org`, as browsers write them; `*` allows all.
    ///
    /// Pages that the relay serves itself may always if its address in the browser is numeric, localhost, or the host
    /// that it listens on; under another name they need that name's origin here. So may clients that are no browsers and
    /// send no Origin.
    public var allowedOrigins: Set<String> = []
    /// Names by which clients may ask for the relay, in lower case, without a port; numeric addresses, localhost and the
    /// host that it listens on always may be used.
    ///
    /// Anybody can have a name of their own resolve to the relay's address, and a browser then takes their page and the
    /// relay for one site. Without any name here every one is taken unless the relay listens on loopback.
    public var allowedHosts: Set<String> = []
    /// Most connections at a time; 10,000 by default.
    public var maximumConnections = 10_000
    /// Most connections at a time from one address, or one /64 of IPv6; as many as in all by default.
    public var maximumPerAddress = Int.max
    /// Most new connections a second, and at once; without limit by default.
    ///
    /// It protects the clients that are there from a flood of new ones.
    public var acceptRate: Int?
    /// Most new connections a second, and at once, from one address, or one /64 of IPv6; without limit by default.
    ///
    /// Behind a proxy or a load balancer all clients have its address: only who faces them can set this.
    public var acceptRatePerAddress: Int?
    /// Most operations at a time on one connection; 100 by default.
    public var maximumSubscriptions = 100
    /// Largest message, or body of a POST, taken from a client, in bytes.
    ///
    /// By default, nil, it is 64 KiB, and 1 MiB where clients may run queries and mutations of their own. A WebSocket with
    /// a larger one is closed with 1009, a POST answered 413.
    public var maximumMessageSize: Int?
    /// Most bytes of all clients' messages and bodies that have begun to arrive; 64 MiB by default.
    ///
    /// At least twice the largest message. Over it the largest unfinished one is given up: a WebSocket is closed with
    /// 1013, a POST is answered 503. Messages count from 1 KiB on.
    public var maximumGatheredBytes = 64 << 20
    /// How long a client may take to send `connection_init`; 3 s by default.
    public var initialisationTimeout = Duration.seconds(3)
    /// How long a client may be silent before it is pinged; 12 s by default.
    public var pingInterval = Duration.seconds(12)
    /// How long it may take to answer; 12 s by default.
    public var pongTimeout = Duration.seconds(12)

    /// Which requests are for the relay itself.
    var ownAddress = OwnAddress()

    /// The defaults.
    public init() {}

    /// The largest message taken, by whether clients may run operations of their own.
    func messageSize(allowsExecution: Bool) -> Int { maximumMessageSize ?? (allowsExecution ? 1 << 20 : 64 * 1024) }

    /// Decides over a handshake by its Origin.
    func decide(_ request: UpgradeRequest) -> UpgradeDecision {
        guard let origin = request.origin, !allows(origin: origin, host: request.host) else { return .accept }
        return .refuse(status: 403, reason: "origin \(origin.prefix(200)) is not allowed")
    }

    /// Whether pages of an origin may use the relay that they know as `host`.
    func allows(origin: String, host: String) -> Bool {
        allowedOrigins.contains("*") || allowedOrigins.contains(origin)
            || (ownAddress.isNamed(by: host) && ownAddress.isOrigin(origin, at: host))
    }

    /// Whether requests are refused that name a host which isn't known as the relay's.
    package var checksHost: Bool {
        !allowedHosts.isEmpty || (ownAddress.isLoopback && !allowedOrigins.contains("*"))
    }

    /// Why a request that names no origin is refused; nil when it isn't.
    ///
    /// Browsers name none for what a page of the same origin reads, nor for what any page embeds, such as an image: of
    /// the former the Host tells whose page it is, of the latter `Sec-Fetch-Site` (Fetch Metadata, section 2.3), which
    /// they send over TLS and to localhost only.
    ///
    /// - Parameter isClick: Whether the answer is for a person who followed a link, and for no page.
    func refusal(host: String, site: String?, isClick: Bool = false) -> String? {
        if site == "cross-site" || site == "same-site", !isClick, !allowedOrigins.contains("*") {
            return "a page of another origin has to ask with CORS"
        }
        guard checksHost, !host.isEmpty, !ownAddress.isNamed(by: host) else { return nil }
        let host = host.lowercased()
        guard !allowedOrigins.contains(where: { WebOrigin(parsing: $0)?.host == host }) else { return nil }
        return "the host \(host.prefix(200)) is not allowed here: it has to be named (--allow-host)"
    }
}
