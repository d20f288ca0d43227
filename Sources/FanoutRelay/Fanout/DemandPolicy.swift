/// Which topics start with their first subscriber, and how long they outlast the last one.
public struct DemandPolicy: Sendable, Hashable {
    /// Whether a client's own subscription becomes a topic when it equals none of the operator's; false by default.
    ///
    /// The relay holds the upstream's credentials: whoever may connect may then subscribe to whatever they allow.
    public var allowsAnySubscription = false
    /// Most topics of clients at a time, each one operation upstream; 1,000 by default.
    ///
    /// Each keeps history of up to `LagPolicy.bytes`. The last tenth, one at least, is kept for addresses that have none;
    /// when places are scarce, topics without a subscriber end before their `linger` is over.
    public var maximumTopics = 1_000
    /// How long a topic that started on demand runs on without a subscriber; 5 s by default.
    public var linger = Duration.seconds(5)

    /// The defaults.
    public init() {}
}
