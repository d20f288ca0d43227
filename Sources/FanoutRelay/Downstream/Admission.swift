internal import WebSockets

/// Who may come in, and how much one client may ask for.
public struct Admission: Sendable {
    /// Origins of web pages that may connect, such as `https://example.org`; `*` allows all.
    ///
    /// Pages that the relay serves itself may always, and so may clients that are no browsers and send no Origin.
    public var allowedOrigins: Set<String> = []
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
    /// Largest message taken from a client, in bytes; 64 KiB by default.
    public var maximumMessageSize = 64 * 1024
    /// How long a client may take to send `connection_init`; 3 s by default.
    public var initialisationTimeout = Duration.seconds(3)
    /// How long a client may be silent before it is pinged; 12 s by default.
    public var pingInterval = Duration.seconds(12)
    /// How long it may take to answer; 12 s by default.
    public var pongTimeout = Duration.seconds(12)

    /// The defaults.
    public init() {}

    /// Decides over a handshake by its Origin.
    func decide(_ request: UpgradeRequest) -> UpgradeDecision {
        guard let origin = request.origin, !allows(origin: origin, host: request.host) else { return .accept }
        return .refuse(status: 403, reason: "origin \(origin.prefix(200)) is not allowed")
    }

    /// Whether pages of an origin may use the relay that they know as `host`.
    func allows(origin: String, host: String) -> Bool {
        allowedOrigins.contains("*") || allowedOrigins.contains(origin)
            || origin == "http://\(host)" || origin == "https://\(host)"
    }
}
