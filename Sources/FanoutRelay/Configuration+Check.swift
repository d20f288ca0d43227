internal import Fanout

extension Configuration {
    /// Throws when the configuration can't be served; see `Relay.init`.
    func check() throws {
        guard !topics.isEmpty || demand.allowsAnySubscription else {
            throw ConfigurationError(description: "no topic is given: a relay needs at least one")
        }
        var names: Set<String> = []
        for topic in topics where !names.insert(topic.name).inserted {
            throw TopicError(name: topic.name, problem: "it is given twice")
        }
        for topic in topics { try topic.check() }
        var queryNames: Set<String> = []
        for query in namedQueries where !queryNames.insert(query.name).inserted {
            throw ConfigurationError(description: "query '\(query.name)': it is given twice")
        }
        guard !listeners.isEmpty else {
            throw ConfigurationError(description: "no listener is given: a relay needs at least one")
        }
        for listener in listeners where listener.readsProxyHeader && listener.host != nil && trustedProxies.isEmpty {
            throw ConfigurationError(
                description:
                    "listener \(listener): the PROXY protocol is read from trusted proxies only, and none is given"
            )
        }
        guard (1...256).contains(shards) else {
            throw ConfigurationError(description: "shards: \(shards) is not 1 to 256")
        }
        guard admission.maximumGatheredBytes / 2 >= largestClientMessage else {
            throw ConfigurationError(
                description:
                    "gathered bytes: \(admission.maximumGatheredBytes) is less than twice the largest message, "
                    + "\(largestClientMessage)"
            )
        }
        for (name, rate) in [
            ("accept rate", admission.acceptRate), ("accept rate per address", admission.acceptRatePerAddress),
        ] {
            guard let rate, rate < 1 else { continue }
            throw ConfigurationError(description: "\(name): \(rate) is not 1 or more")
        }
        try answers.check()
        guard (.zero ... .seconds(1)).contains(flushInterval) else {
            throw ConfigurationError(description: "flush interval: \(flushInterval) is not 0 to 1 second")
        }
        guard lag.historyBytes >= lag.bytes,
            lag.historyAge >= lag.age
        else {
            throw ConfigurationError(description: "the history must be at least as long as the lag limit")
        }
    }
}
