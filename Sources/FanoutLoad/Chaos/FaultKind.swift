/// What the tool can do to a group that it has started.
enum FaultKind: String, CaseIterable {
    /// The relay that leads is killed, and started again at once or once another one leads.
    case killLeader = "kill-leader"
    /// The relay that leads is stopped (SIGSTOP), and goes on once another one leads.
    case freezeLeader = "freeze-leader"
    /// The relay that leads is cut off from the log's servers, and healed some time after another one leads.
    case cutLeader = "cut-leader"
    /// Another relay is asked to lead.
    case handOver = "hand-over"
    /// The relay that leads is shut down (SIGTERM), and started again.
    case stopLeader = "stop-leader"
    /// The server that leads the log is killed, and started again.
    case killServer = "kill-server"
    /// The same server is stopped for some seconds.
    case freezeServer = "freeze-server"
    /// All servers are killed at once, and started again.
    case killServers = "kill-all-servers"
    /// The server that leads the log is ended by lame duck mode, and started again.
    case lameDuck = "lame-duck"

    /// Whether clients may be told a gap: where something is missed, or may be.
    func mayTellGap(_ standby: Standby) -> Bool {
        switch self {
        case .killLeader, .freezeLeader, .cutLeader: standby == .cold
        case .handOver, .stopLeader, .killServer, .freezeServer, .killServers, .lameDuck: false
        }
    }
}

/// What relays that don't lead do meanwhile.
enum Standby: String, CaseIterable {
    case cold
    case hot
}
