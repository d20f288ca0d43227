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
    /// The address that it listens on, as `http://HOST:PORT`, or with `https` when it serves TLS.
    public let address: String

    private let logger: Logger
    let statistics: Statistics
    let loops: [EventLoop]
    let shards: [Shard]
    let servers: [WebSocketServer]
    private let tls: TLSFiles?
    /// Whether requests are refused that have no Origin and name a host other than the relay's.
    ///
    /// True on loopback, and with `Admission.allowedHosts`.
    public let checksHost: Bool
    /// Whether everybody on other machines who reaches the relay may have all that it serves.
    public let isOpenToOthers: Bool
    let listener: Listener
    let upstream: TopicRunner
    let queryRunner: QueryRunner?
    let keySet: KeySetFetcher?
    let hook: AuthHook?
    let authorizer: Authorizer
    let tasks: [Task<Void, Never>]
    private let ends: AsyncStream<LinkFailure>

    /// Binds the port, starts to connect upstream, and serves.
    ///
    /// - Throws: `TopicError` or `ConfigurationError` for a configuration that can't be served, `TLSFileError` for
    ///   files that can't be used, `DescriptorLimitError` when the process may open too few files, `RelayError` when
    ///   the system refuses.
    public init(_ configuration: Configuration, logger: Logger) async throws {
        try configuration.check()
        let identity = try configuration.tls?.read()
        // Log lines contain text that clients and the server choose.
        let logger = logger.onOneLine
        var builder = RelayBuilder(configuration, identity, logger: logger)
        self.logger = logger
        statistics = builder.statistics
        tls = configuration.tls
        checksHost = builder.admission.checksHost
        authorizer = configuration.authorizer
        isOpenToOthers = configuration.authorizer.isOpen && !configuration.listensOnLoopback
        if let identity { Self.note(identity, statistics, logger) }
        if let warning = LibraryBuild.warning(of: LibraryBuild.version) { logger.warning("\(warning)") }
        try builder.reserveDescriptors()
        do {
            upstream = try builder.makeUpstream()
            queryRunner = builder.makeQueryRunner(for: upstream)
            keySet = builder.makeKeySetFetcher(on: upstream.loop)
            hook = builder.makeHook(on: upstream.loop)
            (shards, servers) = try await builder.makeShards(upstream, queryRunner)
            listener = try builder.makeListener(before: servers)
            address = "\(identity == nil ? "http" : "https")://\(listener.host):\(listener.port)"
            loops = builder.loops
            let (ends, end) = AsyncStream.makeStream(of: LinkFailure.self, bufferingPolicy: .bufferingNewest(1))
            self.ends = ends
            tasks = builder.startTasks(upstream, shards, end)
            await keySet?.start()
            await upstream.start()
        } catch {
            for loop in builder.loops { await loop.stop() }
            guard let error = error as? WebSocketError else { throw error }
            throw RelayError(error)
        }
    }

    /// True while the upstream link is acknowledged and the relay isn't shutting down.
    public var isReady: Bool { statistics.isReady }

    /// Waits until the session has given up connecting, as `SessionConfiguration.retryConnect` allows; for one caller.
    ///
    /// A relay whose session has given up can't serve clients any more, and should be drained.
    ///
    /// - Returns: Why the last attempt failed; nil when the relay was drained before, or the calling task cancelled.
    public func givesUp() async -> LinkFailure? {
        for await failure in ends { return failure }
        return nil
    }

    /// Reads the certificate and its key again, and uses them from the next handshake on; connected clients stay.
    ///
    /// Without TLS it does nothing.
    ///
    /// - Throws: `TLSFileError` when the files can't be used; the former certificate then stays in use.
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
