internal import Synchronization
internal import WebSockets

/// What serves operators at listeners of their own.
struct OperatorsPlace {
    let shard: Shard
    /// One for each service.
    let servers: [WebSocketServer]
    let listener: Listener
    let admissions: [Admission]
    let doors: [Door]
}

extension RelayBuilder {
    /// The most connections of operators at a time.
    static let operatorConnections = 64
    /// The largest message or body that is read of them, in bytes: nothing is taken from either.
    static let operatorMessageSize = 4096

    /// Makes the shard of operators and its listener, on one loop, so that they get answers while the other threads are
    /// busy; nil where they have no listener.
    ///
    /// No limit for clients concerns it, not even that of memory.
    mutating func makeOperators(_ upstream: TopicRunner, _ routes: Routes) async throws -> OperatorsPlace? {
        let listeners = configuration.operatorListeners
        guard !listeners.isEmpty else { return nil }
        let routes = operatorRoutes(routes)
        let loop = try EventLoop(name: "operators")
        loops.append(loop)
        let shard = makeShard(configuration.shards, on: loop, upstream, routes)
        let ledger = ConnectionLedger()
        var servers: [WebSocketServer] = []
        for files in configuration.services(of: listeners) {
            servers.append(try await shard.serve(ledger: ledger, identity: files.flatMap { identities[$0] }))
        }
        var options = Listener.Options(
            bindings: bindings(of: listeners),
            maximumConnections: Self.operatorConnections,
            sendBuffer: configuration.sendBuffer
        )
        options.trustedProxies = configuration.trustedProxies
        let listener = try Listener(on: loop, options: options, services: servers.map { [$0] }, ledger: ledger)
        statistics.servers.withLock { [servers] in $0 += servers }
        statistics.listeners.withLock { $0.append(listener) }
        return OperatorsPlace(
            shard: shard,
            servers: servers,
            listener: listener,
            admissions: routes.admissions,
            doors: routes.doors
        )
    }

    /// What is served to operators at listeners of their own, where clients get this.
    func operatorRoutes(_ routes: Routes) -> Routes {
        let listeners = configuration.operatorListeners
        var admission = configuration.admission
        // Pages that clients come from have no business here.
        admission.allowedOrigins = []
        var routes = routes
        routes.clientele = .operators
        routes.admissions = listeners.map { $0.admission(admission, configuration.tls) }
        routes.doors = listeners.map { Door.operators(isOpen: configuration.isOpen(toOperatorsAt: $0)) }
        routes.subjects = nil
        routes.allowsExecution = false
        routes.queryRunner = nil
        routes.closer = closer
        return routes
    }

    /// The servers that show each certificate.
    func secure(_ servers: [[WebSocketServer]], _ operators: OperatorsPlace?) -> [TLSFiles: [WebSocketServer]] {
        var secure: [TLSFiles: [WebSocketServer]] = [:]
        for (files, servers) in zip(configuration.services(of: configuration.listeners), servers) {
            if let files { secure[files, default: []] += servers }
        }
        for (files, server) in zip(
            configuration.services(of: configuration.operatorListeners),
            operators?.servers ?? []
        ) {
            if let files { secure[files, default: []].append(server) }
        }
        return secure
    }
}
