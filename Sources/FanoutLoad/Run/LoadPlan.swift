/// Everything a run was asked for, validated.
struct LoadPlan {
    /// The operation that GraphQL clients subscribe to.
    struct Subscription {
        var query: String?
        var operationName: String?
        /// A JSON object.
        var variables: String?
        var id: OperationID
    }

    var endpoint: Endpoint
    var clientProtocol: ClientProtocol
    var connections: Int
    /// How many of the connections never read.
    var neverReading: Int
    /// Connections per second; nil opens them as fast as they are accepted.
    var connectRate: Int?
    /// How long to receive after the ramp.
    var duration: Duration
    /// How many events are enough for each reader.
    var events: UInt64?
    /// The readers' SO_RCVBUF in bytes; nil leaves the kernel's.
    var receiveBuffer: Int32?
    var pingInterval: Duration?
    var handshakeTimeout: Duration
    /// The member that numbers events; nil checks nothing.
    var sequenceKey: String?
    var subscription: Subscription
    /// Further lines of the opening request.
    var headers: [String]

    /// Whether the connection of this index never reads; those are spread evenly.
    func neverReads(_ index: Int) -> Bool {
        (index + 1) * neverReading / connections > index * neverReading / connections
    }
}
