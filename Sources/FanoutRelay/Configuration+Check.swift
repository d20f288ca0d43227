internal import AllowedDocuments
internal import Fanout
internal import GraphQLTransport
internal import Wire

extension Configuration {
    #if Cluster
    /// Whether the relay can be one of a group.
    package static let isBuiltForCluster = true
    #else
    /// Whether the relay can be one of a group.
    package static let isBuiltForCluster = false
    #endif

    /// Throws when the configuration can't be served; see `Relay.init`.
    func check() throws {
        guard !topics.isEmpty || demand.allowsAnySubscription || !documents.isEmpty else {
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
        try checkDocuments(besides: names.union(queryNames))
        try checkListeners()
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
        if let flaw = cluster?.flaw { throw ConfigurationError(description: "cluster: \(flaw)") }
        guard cluster == nil || Self.isBuiltForCluster else {
            throw ConfigurationError(
                description: "cluster: this build can't be one of a group; it needs the trait Cluster, and libnats"
            )
        }
        guard (.zero ... .seconds(1)).contains(flushInterval) else {
            throw ConfigurationError(description: "flush interval: \(flushInterval) is not 0 to 1 second")
        }
        guard lag.historyBytes >= lag.bytes,
            lag.historyAge >= lag.age
        else {
            throw ConfigurationError(description: "the history must be at least as long as the lag limit")
        }
    }

    /// Each document has a name and an operation of its own, and whoever asks for one that is bound to a claim is
    /// known.
    private func checkDocuments(besides others: Set<String>) throws(ConfigurationError) {
        let table = DocumentTable(documents)
        for (index, document) in documents.enumerated() {
            func failure(_ problem: String) -> ConfigurationError {
                ConfigurationError(description: "document '\(document.name)': \(problem)")
            }
            if table.index(named: document.name) != index { throw failure("it is given twice") }
            if others.contains(document.name) { throw failure("a topic or a query has the same name") }
            if table.find(document.request) != .document(index) {
                throw failure("an earlier one is the same operation")
            }
            if let claim = document.claims.first, hasUnknownClients {
                throw failure("it is bound to claim:\(claim), and nobody is asked for a token")
            }
        }
        for query in namedQueries {
            guard case .document(let index) = table.find(query.query.bare), documents[index].hasRules else { continue }
            throw ConfigurationError(
                description:
                    "query '\(query.name)': it is the document '\(documents[index].name)', and would leave the "
                    + "variables to every client"
            )
        }
    }
}
