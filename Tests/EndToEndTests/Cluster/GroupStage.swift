#if Cluster
import Backoffs
import DemoUpstream
import Fanout
import GraphQLSession
import NATSLink
import NATSServers
import WebSockets

@testable import FanoutRelay

/// Relays that are a group, on a made-up upstream and a NATS server.
final class GroupStage {
    let upstream: DemoUpstream
    let server: NATSServerProcess
    private let endpoint: Endpoint
    private var relays: [GroupRelay] = []

    /// Runs `body` on a stage without relays that is torn down after it.
    static func run(_ program: String, _ body: (GroupStage) async throws -> Void) async throws {
        let server = try NATSServerProcess(program)
        let loop = try EventLoop(name: "upstream")
        let acceptor = try EventLoop(name: "acceptor", servesSockets: false)
        let upstream = DemoUpstream(on: loop)
        let result: Result<Void, any Error>
        do {
            let address = try await upstream.start(listenerLoop: acceptor)
            let stage = GroupStage(upstream, server, try Endpoint(parsing: address.url))
            do {
                try await body(stage)
                result = .success(())
            } catch {
                result = .failure(error)
            }
            for relay in stage.relays { await relay.end() }
        } catch {
            result = .failure(error)
        }
        await upstream.stop()
        await loop.stop()
        await acceptor.stop()
        server.kill()
        try result.get()
    }

    private init(_ upstream: DemoUpstream, _ server: NATSServerProcess, _ endpoint: Endpoint) {
        self.upstream = upstream
        self.server = server
        self.endpoint = endpoint
    }

    /// Starts a relay of the group; it is ready when this returns, if it can be.
    func start(
        _ node: String,
        _ topics: [TopicDefinition],
        isReady: Bool = true,
        adjust: (inout Configuration) throws -> Void = { _ in }
    ) async throws -> GroupRelay {
        var configuration = Configuration(upstream: endpoint, topics: topics, shards: 1)
        configuration.listeners = [ListenerConfiguration(.port(host: "127.0.0.1", port: 0))]
        configuration.session.retryConnect = .constant(.milliseconds(20))
        configuration.retrySubscribe = .constant(.milliseconds(20))
        configuration.admission.pingInterval = .seconds(60)
        configuration.lag.age = .seconds(60)
        var cluster = ClusterConfiguration(servers: [try server.server], node: node)
        cluster.lease = .milliseconds(400)
        cluster.historyBytes = 64 << 20
        configuration.cluster = cluster
        try adjust(&configuration)
        let log = LogRecorder()
        let relay = GroupRelay(try await Relay(configuration, logger: log.logger), node: node, configuration, log)
        relays.append(relay)
        if isReady { try await relay.readiness(becomes: 200) }
        return relay
    }

    /// Says of each relay's parts whether they are still there, without keeping them.
    func weakRelays() -> [() -> Bool] {
        relays.flatMap { relay -> [() -> Bool] in
            weak let upstream = relay.relay.upstream
            weak let group = relay.relay.group as? ClusterNode
            return [{ upstream != nil }, { group != nil }]
        }
    }

    /// Shuts the relays down, all at once, and lets go of them.
    func endRelays() async {
        let leaving = relays.map { $0.leave() }
        relays = []
        for task in leaving { await task.value }
    }
}

/// One of them.
final class GroupRelay {
    let relay: Relay
    let node: String
    let configuration: Configuration
    let log: LogRecorder
    let port: UInt16
    private var hasEnded = false

    init(_ relay: Relay, node: String, _ configuration: Configuration, _ log: LogRecorder) {
        self.relay = relay
        self.node = node
        self.configuration = configuration
        self.log = log
        port = UInt16(relay.address.split(separator: ":").last ?? "") ?? 0
    }

    /// Shuts it down, unless it was.
    func end() async {
        if !hasEnded { await leave().value }
    }

    /// Begins to shut it down, beside what the test does.
    func leave() -> Task<Void, Never> {
        hasEnded = true
        let relay = relay
        return Task { await relay.drain(over: .zero) }
    }

    /// Reloads it with what it was started with, changed.
    func reload(_ adjust: (inout Configuration) throws -> Void) async throws {
        var next = configuration
        try adjust(&next)
        _ = try await relay.reload(next)
    }

    /// Waits until `/readyz` has a status.
    func readiness(becomes status: Int) async throws {
        let peer = try Peer(port: port)
        while try await peer.get("/readyz").status != status { try Task.checkCancellation() }
    }

    /// Waits until it leads.
    func leads() async throws { try await metric(#"fanout_cluster_leader{partition="0"}"#) { $0 == 1 } }

    /// A sample of the metrics, by its name and labels; the whole part of its value.
    func metric(_ sample: String) async throws -> UInt64 {
        try await Peer(port: port).get("/metrics").body.number(after: "\n\(sample) ") ?? 0
    }

    /// Looks at a sample again and again until its value is as it has to be.
    func metric(_ sample: String, until isRight: (UInt64) -> Bool) async throws {
        while try await !isRight(metric(sample)) { try Task.checkCancellation() }
    }

    /// A client of `fanout.v1.json`, subscribed when this returns.
    func plain(_ path: String = "/topics/m") async throws -> Peer { try await Peer.plain(at: port, path) }
}
#endif
