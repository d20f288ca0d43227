internal import Fanout
internal import Synchronization
internal import WebSockets

/// Changing what a running relay goes by.
extension Relay {
    /// Goes by another configuration from now on, as far as that is possible without a restart; all of it or, when it
    /// is wrong, nothing.
    ///
    /// Nobody is disconnected by it, and no event is lost, but by clients of topics that are removed: their operations
    /// are completed, and plain connections closed, after the events that came before. Whoever is connected keeps what
    /// its credential permitted. All certificates, keys and authorities are read again. What needs a restart stays as
    /// it is, and is named in the answer; options of the session, which can't be compared, aren't named.
    ///
    /// It is for one caller at a time, and for a relay that isn't drained.
    ///
    /// - Throws: What `init` throws for a configuration that can't be served, `TLSFileError` for files that can't be
    ///   used, `ReloadError` during a drain or another reload; nothing has changed then.
    public func reload(_ configuration: Configuration) async throws -> Reload {
        try await reload(configuration) { _ in }
    }

    /// The same, unless `judge` throws at what would hold then: what needs a restart is as it was.
    package func reload(
        _ configuration: Configuration,
        judge: (Configuration) throws -> Void
    ) async throws -> Reload {
        try configuration.check()
        var builder = try begin()
        defer { replaceable.withLock { $0.isReloading = false } }
        let reserve = replaceable.withLock { $0.reserve }
        let (next, fixed) = builder.configuration.adopting(configuration, within: reserve)
        var checked = next
        if !fixed.contains(.credentials) { checked.authorizer = configuration.authorizer }
        try checked.check()
        try judge(checked)
        // The cookie stays until a restart; with it pages of every origin would read by their users' credentials.
        guard authorizer.cookieName == nil || !next.admission.allowedOrigins.contains("*") else {
            throw ConfigurationError(description: "allowed origins: * is not allowed while a cookie may carry a token")
        }
        let identities = try Self.read(Array(secureServers.keys))
        let number = await upstream.reserveNumbers(next.topics.count)
        let change = try builder.topics.change(to: next.topics, from: number, epoch: builder.epoch)
        // Reading files may have taken long.
        guard !statistics.isLeaving.load(ordering: .relaxed) else { throw ReloadError.isDraining }

        // From here on nothing can fail.
        present(identities)
        builder.configuration = next
        builder.topics = change.topics
        builder.limitSubjects()
        authorizer.adopt(configuration.authorizer, isForClients: !fixed.contains(.credentials))
        await replaceWhoIsAsked(builder)
        statistics.memory.set(limit: next.memoryLimit)
        builder.broadcaster.set(limit: next.lag.historyBytes)
        listener.adopt(next.admission.listenerLimits)
        let routes = builder.makeRoutes(queryRunner)
        for (index, shard) in shards.enumerated() {
            let isForOperators = index >= next.shards
            let plan = ShardPlan(
                topics: change.topics.all,
                removed: change.removed,
                demand: next.demand,
                lag: next.lag,
                routes: isForOperators ? builder.operatorRoutes(routes) : routes,
                admission: next.admission,
                flushInterval: next.flushInterval
            )
            await shard.prepare(plan)
        }
        await group?.prepare(change, next.lag)
        await upstream.adopt(change, next)
        for shard in shards { await shard.planHolds() }
        replaceable.withLock { [builder] in $0.builder = builder }
        return Reload(
            addedTopics: change.addedNames,
            removedTopics: change.removedNames,
            replacedTopics: change.replacedNames,
            changedTopics: change.changedNames,
            needsRestart: fixed
        )
    }

    /// Begins a reload, unless something is in its way.
    private func begin() throws(ReloadError) -> RelayBuilder {
        guard !statistics.isLeaving.load(ordering: .relaxed) else {
            throw ReloadError.isDraining
        }
        return try replaceable.withLock { parts throws(ReloadError) in
            guard !parts.isReloading else { throw ReloadError(description: "another reload is under way") }
            parts.isReloading = true
            return parts.builder
        }
    }

    /// Has another hook asked, and another set of keys fetched, where these differ; else the keys are fetched again.
    private func replaceWhoIsAsked(_ builder: RelayBuilder) async {
        let former = replaceable.withLock { ($0.builder.configuration, $0.keySet, $0.hooks.last) }
        let next = builder.configuration
        if former.0.keySet == next.keySet {
            authorizer.refreshKeys()
        } else {
            let keySet = builder.makeKeySetFetcher(on: upstream.loop, followsAnother: !authorizer.awaitsKeys)
            if keySet == nil { authorizer.use(nil) }
            replaceable.withLock { $0.keySet = keySet }
            await former.1?.stop()
            await keySet?.start()
        }
        guard former.0.hook != next.hook else { return }
        let hook = builder.makeHook(on: upstream.loop)
        if hook == nil { authorizer.ask(nil) }
        replaceable.withLock { parts in
            parts.hooks.removeAll(where: \.hasEnded)
            if let hook { parts.hooks.append(hook) }
        }
        await former.2?.retire()
    }
}
