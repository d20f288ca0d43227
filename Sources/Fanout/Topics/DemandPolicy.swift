/// Which topics start with their first subscriber, and how long they run on after the last one has left.
public struct DemandPolicy: Sendable, Hashable {
    /// Whether equal subscriptions of clients are one topic, with one operation at the server.
    public enum Share: String, Sendable, CaseIterable {
        /// Equal subscriptions share a topic: later clients join the one that runs.
        case always
        /// Each subscription is a topic of its own, begins with its first event, and ends with its client.
        case never
    }

    /// Whether a client's own subscription becomes a topic when it equals none of the operator's; false by default.
    ///
    /// The relay holds the upstream's credentials: whoever may connect may then subscribe to whatever they allow.
    public var allowsAnySubscription = false
    /// The most client topics at a time, each of which is one operation upstream; 1,000 by default.
    ///
    /// Each keeps up to `LagPolicy.bytes` of history. The last tenth of the places, at least one, is reserved for
    /// client addresses that have no topic yet. When places are scarce, topics without a subscriber end before `linger`
    /// is over.
    public var maximumTopics = 1_000
    /// Whether equal subscriptions of clients share one topic; always by default.
    ///
    /// Subscriptions that equal one of the operator's topics join that topic in any case.
    public var share = Share.always
    /// What a new subscriber gets first from a client topic that already runs; nothing by default.
    public var snapshot = TopicDefinition.Snapshot.none
    /// How long a topic that started on demand runs on without a subscriber; 5 s by default.
    public var linger = Duration.seconds(5)

    /// The defaults.
    public init() {}
}
