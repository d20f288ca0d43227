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
    /// The addresses that it listens on, in the order of the configuration.
    public let listeners: [ListenerSummary]
    /// The addresses of operators alone, in the order of the configuration.
    public let operatorListeners: [ListenerSummary]

    let logger: Logger
    let statistics: Statistics
    let loops: [EventLoop]
    let shards: [Shard]
    /// The servers that show a certificate.
    let secureServers: [TLSFiles: [WebSocketServer]]
    let listener: Listener
    let operatorListener: Listener?
    let upstream: TopicRunner
    /// The group that the relay is one of; nil where it is by itself.
    let group: (any RelayGroup)?
    let queryRunner: QueryRunner?
    /// What a reload replaces.
    struct Replaceable {
        var builder: RelayBuilder
        var keySet: KeySetFetcher?
        /// The last one is asked; those before it still answer.
        var hooks: [AuthHook]
        let reserve: Configuration.Reserve
        var isReloading = false
    }

    let replaceable: Mutex<Replaceable>
    let authorizer: Authorizer
    let tasks: [Task<Void, Never>]
    let memoryWatch: Task<Void, Never>
    let clientWatch: Task<Void, Never>
    private let ends: AsyncStream<LinkFailure>

    /// Binds the port, starts to connect upstream, and serves.
    ///
    /// - Throws: `TopicError` or `ConfigurationError` for a configuration that can't be served, `TLSFileError` for
    ///   files that can't be used, `DescriptorLimitError` when the process may open too few files, `RelayError` when
    ///   the system refuses.
    public init(_ configuration: Configuration, logger: Logger) async throws {
        try configuration.check()
        let identities = try Self.read(configuration.identities)
        // Log lines contain text that clients and the server choose.
        let logger = logger.onOneLine
        var builder = try RelayBuilder(configuration, identities, logger: logger)
        self.logger = logger
        statistics = builder.statistics
        authorizer = configuration.authorizer
        Self.note(identities, statistics, logger)
        if let warning = LibraryBuild.warning(of: LibraryBuild.version) {
            logger.warning("the relay wasn't tried with this build of a library", metadata: ["reason": "\(warning)"])
        }
        if let warning = AcceptQueue.warning(allowed: AcceptQueue.allowed) {
            logger.warning("few connections may wait to be accepted", metadata: ["reason": "\(warning)"])
        }
        try builder.reserveDescriptors()
        do {
            upstream = try builder.makeUpstream()
            group = builder.group
            queryRunner = builder.makeQueryRunner(for: upstream)
            let keySet = builder.makeKeySetFetcher(on: upstream.loop)
            let hook = builder.makeHook(on: upstream.loop)
            let routes = builder.makeRoutes(queryRunner)
            let (clientShards, servers) = try await builder.makeShards(upstream, routes)
            let operators = try await builder.makeOperators(upstream, routes)
            shards = clientShards + [operators?.shard].compactMap(\.self)
            builder.closer.use(shards)
            operatorListener = operators?.listener
            secureServers = builder.secure(servers, operators)
            listener = try builder.makeListener(before: servers)
            let addresses = listener.addresses
            listeners = configuration.listeners.indices.map { index in
                ListenerSummary(
                    addresses[index],
                    configuration.listeners[index],
                    builder.admissions[index],
                    isOpen: configuration.authorizer.isOpen
                        && !configuration.asksForCertificates(at: configuration.listeners[index])
                )
            }
            statistics.clientAddresses.withLock { [listeners] in
                $0 = listeners.filter { $0.path == nil && !$0.readsProxyHeader }.map(\.address)
            }
            operatorListeners = configuration.operatorListeners.indices.compactMap { index in
                operators.map { ListenerSummary(of: $0, at: index, configuration.operatorListeners[index]) }
            }
            loops = builder.loops
            replaceable = Mutex(
                Replaceable(
                    builder: builder,
                    keySet: keySet,
                    hooks: [hook].compactMap(\.self),
                    reserve: Configuration.Reserve(of: configuration)
                )
            )
            statistics.loops.withLock { [loops] in $0 = loops }
            let (ends, end) = AsyncStream.makeStream(of: LinkFailure.self, bufferingPolicy: .bufferingNewest(1))
            self.ends = ends
            tasks = builder.startTasks(upstream, shards, end)
            memoryWatch = builder.watchMemory(upstream, shards)
            clientWatch = builder.watchClients(on: upstream.loop)
            await keySet?.start()
            await upstream.start()
            await group?.start(upstream)
        } catch {
            builder.closer.use([])
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

    /// The address that it listens on first, as `http://HOST:PORT`, with `https` when it serves TLS there, or
    /// `unix:PATH`.
    public var address: String { listeners[0].address }

    /// Reads all certificates, keys and authorities of clients again, and uses them from the next handshake on;
    /// connected clients stay.
    ///
    /// Without TLS it does nothing.
    ///
    /// - Throws: `TLSFileError` when a file can't be used; all former certificates then stay in use.
    public func reloadCertificates() throws(TLSFileError) {
        present(try Self.read(Array(secureServers.keys)))
    }

    /// Uses certificates and keys from the next handshake on.
    func present(_ identities: [TLSFiles: ServerIdentity]) {
        for (files, identity) in identities {
            for server in secureServers[files] ?? [] { server.present(identity) }
        }
        Self.note(identities, statistics, logger)
    }

    static func read(_ files: [TLSFiles]) throws(TLSFileError) -> [TLSFiles: ServerIdentity] {
        var identities: [TLSFiles: ServerIdentity] = [:]
        for files in files { identities[files] = try files.read() }
        return identities
    }

    private static func note(
        _ identities: [TLSFiles: ServerIdentity],
        _ statistics: Statistics,
        _ logger: Logger
    ) {
        let end = identities.values.map(\.end).filter { $0 != 0 }.min() ?? 0
        statistics.certificateEnd.store(end, ordering: .relaxed)
        for (files, identity) in identities where identity.hasEnded {
            logger.warning(
                "the TLS certificate has expired: clients will refuse it",
                metadata: ["file": "\(files.certificate)"]
            )
        }
    }
}
