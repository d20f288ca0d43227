/// The options of a run, validated.
struct LoadPlan {
    /// The operation that GraphQL clients subscribe to.
    struct Subscription {
        var query: String?
        var operationName: String?
        /// A JSON object.
        var variables: String?
        var id = OperationID.uuid
    }

    /// As many as fit into a usual listen queue.
    static let usualBurst = 64

    var endpoint: Endpoint
    /// Further servers: the connections go to all in turn.
    var otherEndpoints: [Endpoint] = []
    /// Whom TLS connections trust; nil without any.
    var trust: TLSTrust?
    var clientProtocol = ClientProtocol.plain
    var connections: Int
    /// How many connections do something other than read.
    var roles = Roles()
    /// How long a churning connection stays.
    var churnInterval = Duration.seconds(1)
    /// After how long a reader that was closed reconnects; nil for never.
    var reconnectDelay: Duration?
    /// The addresses to connect from, in turn; with none the kernel chooses.
    var sources: [Address] = []
    /// Connections per second; nil opens them as fast as they are accepted.
    var connectRate: Int?
    /// How many connections are opened at a time without a rate; too many overrun a short listen queue.
    var connectBurst = usualBurst
    /// How many connections are open when; nil for all, from the beginning on.
    var stages: Stages?
    /// How long to receive after the ramp.
    var duration: Duration
    /// After how many events for each reader the run ends.
    var events: UInt64?
    /// The readers' SO_RCVBUF in bytes; nil uses the kernel's default.
    var receiveBuffer: Int32?
    var pingInterval: Duration?
    var handshakeTimeout = Duration.seconds(10)
    /// The member with an event's number; nil checks nothing.
    var sequenceKey: String?
    /// The member with the time when an event was made; nil measures no latency.
    var timestampKey: String?
    /// The time between two events, for the correction of latencies; nil corrects nothing.
    var expectedInterval: Duration?
    var subscription = Subscription()
    /// Further header lines of the opening request.
    var headers: [String] = []
    /// The tokens that the connections show in their opening requests; nil for none.
    var tokens: TokenList?
    /// The events that the tool makes as the server's upstream; nil if it isn't.
    var feed: FeedPlan?
    /// Whether the server is told how many events have reached every reader.
    var acknowledges = false
    /// The process whose processor time is measured; nil for none.
    var serverProcess: Int32?
    /// Requirements on the figures, in addition to the rules that always apply.
    var requirements: [Requirement] = []
    /// Whether a line is printed each second.
    var showsProgress = true
    /// What gets a line of JSON each second; nil for nothing.
    var samples: OutputFile?

    /// The URLs of all servers, for people.
    var servers: String { ([endpoint] + otherEndpoints).map(\.description).joined(separator: ", ") }

    /// The server of the connection with this index.
    func endpoint(of index: Int) -> Endpoint {
        let place = index % (otherEndpoints.count + 1)
        return place == 0 ? endpoint : otherEndpoints[place - 1]
    }

    /// The role of the connection with this index.
    func role(of index: Int) -> Role { roles.role(of: index, among: connections) }

    /// How many connections simply read.
    var readers: Int { connections - roles.special }

    /// The time between two events in microseconds, for the correction of latencies.
    var expectedMicroseconds: UInt64? { expectedInterval.map { UInt64(max(1, $0 / .microseconds(1))) } }
}
