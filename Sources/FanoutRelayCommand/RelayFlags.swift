import ArgumentParser
internal import Fanout
import FanoutRelay
import Settings

/// The flags of a relay, which are also the keys of a settings file: what `serve`, `check` and `config` have in common.
///
/// Each command has the groups itself: within a group of groups the parser would look at every flag twice.
protocol RelayFlags {
    var file: SettingsFileOption { get }
    var upstream: UpstreamOptions { get }
    var topics: TopicOptions { get }
    var demand: DemandOptions { get }
    var documents: DocumentOptions { get }
    var queries: QueryOptions { get }
    var listen: ListenOptions { get }
    var downstream: DownstreamOptions { get }
    var limits: LimitOptions { get }
    var access: AccessOptions { get }
    var operators: OperatorOptions { get }
    var cluster: ClusterOptions { get }
    var log: LogOptions { get }
}

extension RelayFlags {
    /// The configuration that they say, checked as far as that is possible without the server and the addresses.
    ///
    /// - Parameter mayLackTopics: Whether there need be nothing that clients can have.
    func configuration(mayLackTopics: Bool = false) throws -> Configuration {
        var configuration = Configuration(
            upstream: try upstream.endpoint(),
            topics: try topics.checkedDefinitions(
                mayLack: mayLackTopics || demand.allowAnySubscription || !documents.allowDocument.isEmpty
            ),
            shards: downstream.shards
        )
        configuration.session = try upstream.configuration()
        configuration.retrySubscribe = upstream.retrySubscribe
        configuration.refetchTimeout = topics.refetchTimeout
        demand.apply(to: &configuration)
        try documents.apply(
            to: &configuration,
            asksForTokens: try access.asksForTokens || listen.asksForCertificates()
        )
        try topics.apply(to: &configuration.demand, hasDocuments: !configuration.documents.isEmpty)
        try queries.apply(to: &configuration)
        try listen.apply(to: &configuration)
        try downstream.apply(to: &configuration)
        limits.apply(to: &configuration)
        try access.apply(to: &configuration)
        try operators.apply(to: &configuration)
        try cluster.apply(to: &configuration)
        return configuration
    }
}

/// The file that has the settings.
struct SettingsFileOption: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "A YAML file of settings, whose keys are the names of these flags; a flag goes before a variable of the "
                + "environment, such as FANOUT_RELAY_LISTEN, and that before the file. 'fanout-relay config "
                + "--defaults' prints one to begin with.",
            valueName: "file"
        )
    )
    var config: String?

    /// The file that counts, whoever names it.
    var path: String? { config ?? Settings.environment[Settings.fileVariable] }
}
