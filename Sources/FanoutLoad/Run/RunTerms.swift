/// What of a run's options its summary depends on.
struct RunTerms: Equatable {
    /// The URLs of all servers, for people.
    var servers: String
    var clientProtocol: ClientProtocol
    var connections: Int
    var roles = Roles()
    /// After how many events for each reader the run ends; nil for none.
    var events: UInt64?
    /// The member with an event's number; nil checks nothing.
    var sequenceKey: String?
    /// The member with the time when an event was made; nil measures no latency.
    var timestampKey: String?
    /// The microseconds between two events, for the correction of latencies; nil corrects nothing.
    var expectedInterval: UInt64?
    /// Whether readers that were closed reconnect.
    var reconnects = false
    var pings = false

    /// How many connections simply read.
    var readers: Int { connections - roles.special }
}

extension RunTerms {
    init(_ plan: LoadPlan) {
        self.init(
            servers: plan.servers,
            clientProtocol: plan.clientProtocol,
            connections: plan.connections,
            roles: plan.roles,
            events: plan.events,
            sequenceKey: plan.sequenceKey,
            timestampKey: plan.timestampKey,
            expectedInterval: plan.expectedMicroseconds,
            reconnects: plan.reconnectDelay != nil,
            pings: plan.pingInterval != nil
        )
    }
}
