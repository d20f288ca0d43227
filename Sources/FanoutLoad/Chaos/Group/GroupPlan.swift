/// The group that the tool starts.
struct GroupPlan {
    /// The relay's program, and that of the log's servers.
    var relay: String
    var natsServer: String
    var servers: Int
    var edges: Int
    var standby: Standby
    /// The lease, as the relay's flag has it.
    var lease: String
    /// Further arguments of each relay.
    var relayArguments: [String]
    var clients: Int
    /// Where logs and the log's files go.
    var directory: String
}
