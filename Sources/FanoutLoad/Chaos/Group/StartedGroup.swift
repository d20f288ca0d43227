import Glibc

/// A group of relays on servers of its own, with a proxy between.
final class StartedGroup: ChaosGroup {
    /// A server of the log.
    struct Server {
        let subject: Subject
        let port: UInt16
        /// Where it tells how it is.
        let monitor: UInt16
    }

    /// A relay.
    struct Member {
        let subject: Subject
        let port: UInt16
        var node: String { subject.name }
    }

    let plan: GroupPlan
    private(set) var servers: [Server] = []
    private(set) var members: [Member] = []
    private let loop: ChaosLoop

    init(_ plan: GroupPlan, loop: ChaosLoop) throws {
        self.plan = plan
        self.loop = loop
        var ports = FreePorts()
        servers = try Self.servers(plan, &ports)
        for index in 0..<plan.edges {
            var doors: [UInt16] = []
            for server in servers {
                let door = try ports.next()
                try loop.openDoor(door, to: server.port, of: index)
                doors.append(door)
            }
            let node = "relay-\(index + 1)"
            let port = try ports.next()
            let arguments = Self.arguments(plan, node, port, doors, upstream: loop.upstreamPort)
            let log = "\(plan.directory)/\(node).log"
            members.append(Member(subject: Subject(node, plan.relay, arguments, log: log), port: port))
        }
        loop.edges = members.compactMap { Endpoint("ws://127.0.0.1:\($0.port)/graphql") }
    }

    /// The servers' URLs, without the proxy.
    var address: String { servers.map { "nats://127.0.0.1:\($0.port)" }.joined(separator: ",") }

    /// Starts everything that doesn't run.
    func start() throws {
        for server in servers { try server.subject.start() }
        let deadline = Duration.seconds(20)
        for server in servers {
            let isUp = try loop.wait(atMost: deadline) { try isListening(server) }
            guard isUp else { throw ChildProcess.Failure(description: "\(server.subject.name) doesn't answer") }
        }
        for member in members { try member.subject.start() }
    }

    /// Ends everything.
    func end() {
        for member in members where !member.subject.isFrozen { member.subject.send(SIGKILL) }
        for member in members { member.subject.kill() }
        for server in servers { server.subject.kill() }
    }

    func perform(_ fault: String, _ draw: Draw, begun: (Int?) -> Void) throws {
        guard let kind = FaultKind(rawValue: fault) else { return }
        var script = FaultScript(group: self, loop: loop, draw: draw)
        try script.perform(kind, begun: begun)
    }

    func mayTellGap(_ fault: String) -> Bool { FaultKind(rawValue: fault)?.mayTellGap(plan.standby) ?? true }

    func trouble() throws -> String? {
        for index in members.indices where !(try isReady(index)) { return "\(members[index].node) isn't ready" }
        let leaders = try leaders().count
        return leaders == 1 ? nil : "\(leaders) relays lead"
    }

    /// The relays that say they lead.
    func leaders() throws -> [Int] {
        try members.indices.filter { index in
            let subject = members[index].subject
            guard subject.isRunning, !subject.isFrozen else { return false }
            guard let answer = try loop.get(members[index].port, "/metrics") else { return false }
            return answer.body.contains(Self.leads)
        }
    }

    /// Whether a relay says that it is ready.
    func isReady(_ index: Int) throws -> Bool {
        guard members[index].subject.isRunning else { return false }
        return try loop.get(members[index].port, "/readyz")?.status == 200
    }

    /// Whether a server answers.
    func isListening(_ server: Server) throws -> Bool {
        try loop.get(server.monitor, "/varz")?.status == 200
    }

    /// The server that leads the log; nil while none does.
    func logLeader() throws -> Int? {
        guard servers.count > 1 else { return servers[0].subject.isRunning ? 0 : nil }
        for server in servers where server.subject.isRunning && !server.subject.isFrozen {
            guard let answer = try loop.get(server.monitor, "/jsz?streams=true"),
                let name = LogReport.leader(in: answer.body)
            else { continue }
            let found = servers.firstIndex { $0.subject.name == name }
            if let found, servers[found].subject.isRunning, !servers[found].subject.isFrozen { return found }
        }
        return nil
    }

    private static let leads = Array("fanout_cluster_leader{partition=\"0\"} 1\n".utf8)

    private static func servers(_ plan: GroupPlan, _ ports: inout FreePorts) throws -> [Server] {
        var routes: [UInt16] = []
        for _ in 0..<plan.servers { routes.append(try ports.next()) }
        return try routes.enumerated().map { index, route in
            let name = "nats-\(index + 1)"
            let (port, monitor) = (try ports.next(), try ports.next())
            let settings = "\(plan.directory)/\(name).conf"
            let others = routes.map { "\"nats://127.0.0.1:\($0)\"" }.joined(separator: ", ")
            var lines = [
                "server_name: \(name)", "listen: \"127.0.0.1:\(port)\"", "http: \"127.0.0.1:\(monitor)\"",
                "jetstream { store_dir: \"\(plan.directory)/\(name)\" }",
                "lame_duck_duration: \"30s\"", "lame_duck_grace_period: \"1s\"",
            ]
            if plan.servers > 1 {
                // Else the servers tell relays a way around the proxy.
                lines.append(
                    "cluster { name: chaos, listen: \"127.0.0.1:\(route)\", no_advertise: true, routes: [\(others)] }"
                )
            }
            try OutputFile(settings, option: "--logs").write(lines.joined(separator: "\n") + "\n")
            let log = "\(plan.directory)/\(name).log"
            let subject = Subject(name, plan.natsServer, ["-c", settings], log: log)
            return Server(subject: subject, port: port, monitor: monitor)
        }
    }

    private static func arguments(
        _ plan: GroupPlan,
        _ node: String,
        _ port: UInt16,
        _ doors: [UInt16],
        upstream: UInt16
    ) -> [String] {
        plan.serve(port, upstream: upstream) + [
            "--cluster", doors.map { "nats://127.0.0.1:\($0)" }.joined(separator: ","),
            "--cluster-node", node, "--cluster-lease", plan.lease, "--cluster-standby", plan.standby.rawValue,
            "--cluster-replicas", "\(plan.servers)",
        ] + plan.relayArguments
    }
}
