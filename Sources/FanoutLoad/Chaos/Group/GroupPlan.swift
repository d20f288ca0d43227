/// The relays that the tool starts: a group, or a tree.
struct GroupPlan {
    /// The relay's program, and that of the log's servers.
    var relay: String
    var natsServer: String
    var servers: Int
    /// How many relays have clients.
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

extension GroupPlan {
    /// The arguments of a relay that every one has.
    func serve(_ port: UInt16, upstream: UInt16) -> [String] {
        [
            "serve", "--upstream", "ws://127.0.0.1:\(upstream)/graphql",
            "--topic", "tick=subscription { tick { n at pad } }", "--listen", "127.0.0.1:\(port)",
            "--retry-connect", "constant(100ms) tries: unlimited", "--drain-window", "200ms",
            "--max-connections", "\(clients + 100)",
        ]
    }
}
