import Backoffs
import DemoUpstream
import Fanout
import FanoutRelay
import GraphQLSession
import Logging
import OpenSSLCommand
import WebSockets

/// A relay on a made-up upstream, both on free loopback ports.
struct Stage {
    let upstream: DemoUpstream
    let relay: Relay
    /// What the relay was started with.
    let configuration: Configuration
    let port: UInt16
    let log: LogRecorder
    let transport: Transport
    private let certificate: CertificateFiles?

    /// Runs `body` on a stage that is torn down after it.
    ///
    /// - Parameters:
    ///   - transport: What the relay's clients speak.
    ///   - fault: What the upstream does wrong from the start on; without one the topics run when `body` begins.
    ///   - adjust: Changes the configuration, which restarts at once after everything.
    static func run(
        _ topics: [TopicDefinition],
        over transport: Transport = .plaintext,
        shards: Int = 1,
        fault: DemoUpstream.Fault = .none,
        adjust: (inout Configuration) -> Void = { _ in },
        _ body: (Stage) async throws -> Void
    ) async throws {
        let loop = try EventLoop(name: "upstream")
        let acceptor = try EventLoop(name: "acceptor", servesSockets: false)
        let upstream = DemoUpstream(on: loop)
        let result: Result<Void, any Error>
        do {
            let address = try await upstream.start(listenerLoop: acceptor)
            await upstream.setFault(fault)
            let stage = try await Stage(
                topics,
                over: transport,
                shards: shards,
                on: upstream,
                at: address,
                adjust: adjust
            )
            let started = topics.count { $0.start == .always }
            if fault == .none { _ = await upstream.statistics { $0.operations.total >= started } }
            do {
                try await body(stage)
                result = .success(())
            } catch {
                result = .failure(error)
            }
            await stage.relay.drain(over: .zero)
        } catch {
            result = .failure(error)
        }
        await upstream.stop()
        await loop.stop()
        await acceptor.stop()
        try result.get()
    }

    private init(
        _ topics: [TopicDefinition],
        over transport: Transport,
        shards: Int,
        on upstream: DemoUpstream,
        at address: DemoUpstream.Address,
        adjust: (inout Configuration) -> Void
    ) async throws {
        var configuration = Configuration(
            upstream: try Endpoint(parsing: address.url),
            topics: topics,
            shards: shards
        )
        configuration.listeners = [ListenerConfiguration(.port(host: "127.0.0.1", port: 0))]
        configuration.session.retryConnect = .constant(.milliseconds(20))
        configuration.retrySubscribe = .constant(.milliseconds(20))
        // On a busy machine a test's peer may read nothing for a while and is no slow client by that.
        configuration.admission.pingInterval = .seconds(60)
        configuration.lag.age = .seconds(60)
        self.transport = transport
        certificate = transport == .tls ? try CertificateFiles() : nil
        configuration.tls = certificate.map { TLSFiles(certificate: $0.certificate, key: $0.key) }
        adjust(&configuration)
        self.configuration = configuration
        log = LogRecorder()
        relay = try await Relay(configuration, logger: log.logger)
        port = UInt16(relay.address.split(separator: ":").last ?? "") ?? 0
        self.upstream = upstream
    }

    /// A topic whose events come when the test says so, with numbers from 1.
    static func manual(
        _ name: String = "m",
        bytes: Int = 0,
        snapshot: TopicDefinition.Snapshot = .none
    ) throws -> TopicDefinition {
        var topic = try TopicDefinition(name: name, document: manualDocument(bytes: bytes))
        topic.snapshot = snapshot
        return topic
    }

    static func manualDocument(bytes: Int = 0) -> String {
        bytes == 0 ? "subscription { manual { n } }" : "subscription { manual(payloadBytes: \(bytes)) { n padding } }"
    }

    /// Reloads the relay with what it was started with, changed.
    @discardableResult
    func reload(_ adjust: (inout Configuration) throws -> Void) async throws -> Reload {
        var next = configuration
        try adjust(&next)
        return try await relay.reload(next)
    }

    /// A client of the relay; a small receive buffer makes a peer that chokes early, over TLS as early as it can.
    func connect(receiveBuffer: Int32? = nil) throws -> Peer {
        switch transport {
        case .plaintext: try Peer(port: port, receiveBuffer: receiveBuffer)
        case .tls: try Peer(securePort: port)
        }
    }

    /// Asks for a path on a connection of its own.
    func get(_ path: String) async throws -> HTTPAnswer { try await connect().get(path) }

    /// A sample of the metrics, by its name and labels; 0 when it isn't there yet.
    func metric(_ sample: String) async throws -> UInt64 {
        try await get("/metrics").body.number(after: "\n\(sample) ") ?? 0
    }

    /// Looks at a sample again and again until it has a value; the test's time limit bounds it.
    func metric(_ sample: String, reaches value: UInt64) async throws {
        let peer = try connect()
        while try await peer.get("/metrics").body.number(after: "\n\(sample) ") ?? 0 != value {
            try Task.checkCancellation()
        }
    }

    /// Waits until `/readyz` has a status.
    func readiness(becomes status: Int) async throws {
        let peer = try connect()
        while try await peer.get("/readyz").status != status { try Task.checkCancellation() }
    }
}
