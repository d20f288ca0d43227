/// Which topics start with their first subscriber, and how long they outlast the last one.
public struct DemandPolicy: Sendable, Hashable {
    /// Whether equal subscriptions of clients are one topic, with one operation at the server.
    public enum Share: String, Sendable, CaseIterable {
        /// Equal ones are: who comes later joins what runs.
        case always
        /// Each is a topic of its own, from its beginning on, and ends with its client.
        case never
    }

    /// Whether a client's own subscription becomes a topic when it equals none of the operator's; false by default.
    ///
    /// The relay holds the upstream's credentials: whoever may connect may then subscribe to whatever they allow.
    public var allowsAnySubscription = false
    /// Most topics of clients at a time, each one operation upstream; 1,000 by default.
    ///
    /// Each keeps history of up to `LagPolicy.bytes`. The last tenth, one at least, is kept for addresses that have none;
    /// when places are scarce, topics without a subscriber end before their `linger` is over.
    public var maximumTopics = 1_000
    /// Whether equal subscriptions of clients are one topic; always by default.
    ///
    /// The operator's topics are joined by equal subscriptions in any case.
    public var share = Share.always
    /// What a new subscriber of a client's topic that runs already gets first; nothing by default.
    public var snapshot = TopicDefinition.Snapshot.none
    /// How long a topic that started on demand runs on without a subscriber; 5 s by default.
    public var linger = Duration.seconds(5)

    /// The defaults.
    public init() {}
}
