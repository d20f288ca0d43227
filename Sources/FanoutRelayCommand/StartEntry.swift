import CommandSupport
internal import Fanout
import FanoutRelay
import GraphQLSession
import Logging

/// What the log says of a relay when it has started: which program it is, between whom it stands, and what it allows.
struct StartEntry {
    let metadata: Logger.Metadata

    /// - Parameter settings: The path of the settings file; nil without one.
    init(of relay: Relay, _ configuration: Configuration, settings: String?) {
        var metadata: Logger.Metadata = [
            "version": "\(Version.current)",
            "upstream": "\(Self.withoutQuery(configuration.upstream.description))",
            "topics": .stringConvertible(configuration.topics.count),
            "listeners": .array(relay.listeners.map { "\($0)" }),
            "limits": .dictionary(Self.limits(of: configuration)),
            "open": .array(Self.openings(of: relay, configuration).map { .string($0) }),
        ]
        if !relay.operatorListeners.isEmpty {
            metadata["operator_listeners"] = .array(relay.operatorListeners.map { "\($0)" })
        }
        if let settings { metadata["settings"] = "\(settings)" }
        self.metadata = metadata
    }

    func write(to logger: Logger) { logger.notice("started", metadata: metadata) }

    private static func limits(of configuration: Configuration) -> Logger.Metadata {
        let admission = configuration.admission
        var limits: Logger.Metadata = [
            "connections": .stringConvertible(admission.maximumConnections),
            "memory_bytes": .stringConvertible(configuration.memoryLimit),
            "message_bytes": .stringConvertible(configuration.largestClientMessage),
            "subscriptions": .stringConvertible(admission.maximumSubscriptions),
        ]
        if admission.maximumPerAddress != .max {
            limits["connections_per_address"] = .stringConvertible(admission.maximumPerAddress)
        }
        return limits
    }

    /// What anybody who reaches it may do without saying who it is, and what clients may do beyond the topics.
    private static func openings(of relay: Relay, _ configuration: Configuration) -> [String] {
        [
            configuration.hasUnknownClients ? "clients without a token" : nil,
            configuration.demand.allowsAnySubscription ? "any subscription" : nil,
            configuration.allowsExecution ? "any query and mutation" : nil,
            configuration.hasUnknownClients && relay.operatorListeners.isEmpty
                ? "metrics at the clients' addresses" : nil,
        ].compactMap(\.self)
    }

    /// A URL without what may be credentials.
    static func withoutQuery(_ url: String) -> String {
        url.firstIndex(of: "?").map { "\(url[..<$0])?***" } ?? url
    }
}
