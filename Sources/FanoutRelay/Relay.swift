internal import Backoffs
internal import Fanout
public import GraphQLSession
public import Logging
internal import Synchronization
internal import WebSockets

/// The relay: one session upstream, many clients downstream.
///
/// ```swift
/// let relay = try await Relay(configuration, logger: logger)
/// print("listening on", relay.address)
/// await relay.drain(over: .seconds(10))
/// ```
public final class Relay: Sendable {
    /// Where it listens, as `http://HOST:PORT`, or with `https` where clients speak TLS.
    public let address: String

    private let logger: Logger
    let statistics: Statistics
    let loops: [EventLoop]
    let shards: [Shard]
    let servers: [WebSocketServer]
    private let tls: TLSFiles?
    /// Whether requests that no page of another origin makes are refused when they name a host that isn't the relay's.
    ///
    /// True on loopback, and with `Admission.allowedHosts`.
    public let checksHost: Bool
    let listener: Listener
    let upstream: TopicRunner
    let queryRunner: QueryRunner?
    let tasks: [Task<Void, Never>]
    private let ends: AsyncStream<LinkFailure>

    /// Binds the port, starts to connect upstream, and serves.
    ///
    /// - Throws: `TopicError` or `ConfigurationError` for what can't be, `TLSFileError` for files that can't be used,
    ///   `DescriptorLimitError` when the process may have too few open files, `RelayError` when the machine refuses.
    public init(_ configuration: Configuration, logger: Logger) async throws {
        try configuration.check()
        let identity = try configuration.tls?.read()
        // What clients and the server say gets into it.
        let logger = logger.onOneLine
        var builder = RelayBuilder(configuration, identity, logger: logger)
        self.logger = logger
        statistics = builder.statistics
        tls = configuration.tls
        checksHost = builder.admission.checksHost
        if let identity { Self.note(identity, statistics, logger) }
        if let warning = LibraryBuild.warning(of: LibraryBuild.version) { logger.warning("\(warning)") }
        try builder.reserveDescriptors()
        do {
            upstream = try builder.makeUpstream()
            queryRunner = builder.makeQueryRunner(for: upstream)
            (shards, servers) = try await builder.makeShards(upstream, queryRunner)
            listener = try builder.makeListener(before: servers)
            address = "\(identity == nil ? "http" : "https")://\(listener.host):\(listener.port)"
            loops = builder.loops
            let (ends, end) = AsyncStream.makeStream(of: LinkFailure.self, bufferingPolicy: .bufferingNewest(1))
            self.ends = ends
            tasks = builder.startTasks(upstream, shards, end)
            await upstream.start()
        } catch {
            for loop in builder.loops { await loop.stop() }
            guard let error = error as? WebSocketError else { throw error }
            throw RelayError(error)
        }
    }

    /// True while the upstream link is acknowledged and the relay isn't shutting down.
    public var isReady: Bool { statistics.isReady }

    /// Waits until the session gave up to connect, as `SessionConfiguration.retryConnect` lets it; for one caller.
    ///
    /// A relay that did serves nobody any more, and is best drained.
    ///
    /// - Returns: Why the last attempt failed; nil when the relay was drained before, or the calling task cancelled.
    public func givesUp() async -> LinkFailure? {
        for await failure in ends { return failure }
        return nil
    }

    /// Reads the certificate and its key anew, and presents them from the next handshake on; clients stay.
    ///
    /// Without TLS it does nothing.
    ///
    /// - Throws: `TLSFileError` when the files can't be used; then the former certificate goes on.
    public func reloadCertificate() throws(TLSFileError) {
        guard let identity = try tls?.read() else { return }
        for server in servers { server.present(identity) }
        Self.note(identity, statistics, logger)
    }

    private static func note(_ identity: ServerIdentity, _ statistics: Statistics, _ logger: Logger) {
        statistics.certificateEnd.store(identity.end, ordering: .relaxed)
        if identity.hasEnded { logger.warning("the TLS certificate has expired: clients will refuse it") }
    }
}
