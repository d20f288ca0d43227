/// Everything a run was asked for, validated.
struct LoadPlan {
    /// The operation that GraphQL clients subscribe to.
    struct Subscription {
        var query: String?
        var operationName: String?
        /// A JSON object.
        var variables: String?
        var id = OperationID.uuid
    }

    /// As many as a usual listen queue takes.
    static let usualBurst = 64

    var endpoint: Endpoint
    var clientProtocol = ClientProtocol.plain
    var connections: Int
    /// What the connections that don't simply read do.
    var roles = Roles()
    /// How long a churning connection stays.
    var churnInterval = Duration.seconds(1)
    /// After how long a reader that was closed comes back; nil for never.
    var reconnectDelay: Duration?
    /// The addresses to connect from, in turn; empty leaves the choice to the kernel.
    var sources: [Address] = []
    /// Connections per second; nil opens them as fast as they are accepted.
    var connectRate: Int?
    /// How many connections are opened at a time when there is no rate: more than the usual outrun a short listen queue.
    var connectBurst = usualBurst
    /// How long to receive after the ramp.
    var duration: Duration
    /// How many events are enough for each reader.
    var events: UInt64?
    /// The readers' SO_RCVBUF in bytes; nil leaves the kernel's.
    var receiveBuffer: Int32?
    var pingInterval: Duration?
    var handshakeTimeout = Duration.seconds(10)
    /// The member that numbers events; nil checks nothing.
    var sequenceKey: String?
    /// The member with the time an event was made; nil measures no latency.
    var timestampKey: String?
    /// The time between two events, by which latencies are corrected; nil corrects nothing.
    var expectedInterval: Duration?
    var subscription = Subscription()
    /// Further lines of the opening request.
    var headers: [String] = []
    /// The upstream that the tool itself is for the server under test; nil for none.
    var feed: FeedPlan?
    /// Whether the server is told which events have reached every reader.
    var acknowledges = false
    /// The process whose processor time is measured; nil for none.
    var serverProcess: Int32?
    /// What the figures must be besides the rules that hold always.
    var requirements: [Requirement] = []
    /// Whether a line is written each second.
    var showsProgress = true

    /// The role of the connection of this index.
    func role(of index: Int) -> Role { roles.role(of: index, among: connections) }

    /// The connections that simply read.
    var readers: Int { connections - roles.special }
}
