internal import AccessTokens
internal import Fanout

extension Configuration {
    /// What a relay has provided for at its start, beyond which a reload can't go.
    struct Reserve: Sendable {
        let connections: Int
        let runsQueries: Bool
        /// Whether keys of tokens are fetched.
        let fetchesKeys: Bool
        let hookConcurrency: Int

        init(of configuration: Configuration) {
            connections = configuration.admission.maximumConnections
            runsQueries = configuration.runsQueries
            fetchesKeys = configuration.keySet != nil
            hookConcurrency = configuration.hook?.line.concurrency ?? 0
        }
    }

    /// This configuration with everything of another one that may change while a relay runs; and what else differs.
    func adopting(_ other: Configuration, within reserve: Reserve) -> (Configuration, Set<Reload.Fixed>) {
        var next = self
        var fixed = fixedDifferences(from: other)
        next.refetchTimeout = other.refetchTimeout
        next.topics = other.topics
        next.demand = other.demand
        next.lag = other.lag
        next.flushInterval = other.flushInterval
        next.maximumMemory = other.maximumMemory
        next.adopt(other.admission, within: reserve, &fixed)
        // Descriptors for queries were reserved at the start, or weren't.
        if reserve.runsQueries || !other.runsQueries {
            next.namedQueries = other.namedQueries
            next.documents = other.documents
        } else {
            fixed.insert(.queries)
        }
        next.adoptAccess(of: other, within: reserve, &fixed)
        return (next, fixed)
    }

    private mutating func adopt(_ other: Admission, within reserve: Reserve, _ fixed: inout Set<Reload.Fixed>) {
        let former = admission
        admission = other
        admission.maximumMessageSize = former.maximumMessageSize
        admission.maximumGatheredBytes = former.maximumGatheredBytes
        if other.maximumConnections > reserve.connections {
            fixed.insert(.maximumConnections)
            admission.maximumConnections = former.maximumConnections
        }
    }

    private mutating func adoptAccess(
        of other: Configuration,
        within reserve: Reserve,
        _ fixed: inout Set<Reload.Fixed>
    ) {
        let isFirst = other.keySet != nil && !reserve.fetchesKeys || other.hook != nil && reserve.hookConcurrency == 0
        // Nobody opens a door by a slip in a file.
        let opens = other.authorizer.isOpen && !authorizer.isOpen
        if isFirst || opens {
            fixed.insert(.credentials)
        } else {
            keySet = other.keySet
            hook = other.hook
            if let calls = hook?.line.concurrency, calls > reserve.hookConcurrency {
                fixed.insert(.hookCalls)
                hook?.line.concurrency = reserve.hookConcurrency
            }
        }
        if authorizer.knowsOperators, !other.authorizer.knowsOperators { fixed.insert(.operatorTokens) }
    }

    /// What differs and needs a restart in any case.
    ///
    /// Closures can't be compared, so that options of the session aren't looked at.
    private func fixedDifferences(from other: Configuration) -> Set<Reload.Fixed> {
        let differences: [(Reload.Fixed, Bool)] = [
            (.upstream, upstream != other.upstream),
            (.listeners, listeners != other.listeners || operatorListeners != other.operatorListeners),
            (.proxies, trustedProxies != other.trustedProxies || forwardedFields != other.forwardedFields),
            (.certificateFiles, tls != other.tls),
            (.shards, shards != other.shards),
            (.sendBuffer, sendBuffer != other.sendBuffer),
            (.cluster, cluster != other.cluster),
            (.tokenCookie, authorizer.cookieName != other.authorizer.cookieName),
            (
                .messageSizes,
                admission.maximumMessageSize != other.admission.maximumMessageSize
                    || admission.maximumGatheredBytes != other.admission.maximumGatheredBytes
            ),
            (
                .execution,
                allowsExecution != other.allowsExecution || maximumExecutions != other.maximumExecutions
                    || maximumWaitingExecutions != other.maximumWaitingExecutions
                    || executionWait != other.executionWait || answers != other.answers
            ),
        ]
        return Set(differences.filter(\.1).map(\.0))
    }
}
