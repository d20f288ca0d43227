internal import DequeModule
internal import Fanout
internal import GraphQLSession
internal import GraphQLTransport
internal import WebSockets

/// What one shard knows of the topics that start with their first subscriber.
///
/// Lives on the shard's loop.
struct TopicDemand {
    /// A topic that has lost its last subscriber.
    struct Lingering {
        let due: Duration
        let place: Int
        /// Tells it from a later tenant of the place.
        let origin: ShardTopic.Origin
    }

    /// Whether clients' own operations become topics.
    let allowsAny: Bool
    /// Whether equal ones are one topic.
    let isShared: Bool
    /// What a new subscriber of a client's topic gets first.
    let snapshot: TopicDefinition.Snapshot
    let linger: Duration
    /// The limits of their histories.
    let lag: LagPolicy
    /// The way to the upstream; it returns at once.
    let ask: @Sendable (Demand) -> Void
    /// How many topics the operator named: they come first in the shard's list.
    var configured = 0
    /// The topics that can be joined, by what makes an operation equal.
    var places: [OperationKey: Int] = [:]
    /// Where the upstream's topics of clients are in the shard's list.
    var opened: [Int: Int] = [:]
    /// Where those are that it hasn't answered yet.
    var requested: [UInt64: Int] = [:]
    /// What is sent to the server for the topics of clients, by their places.
    var operations: [Int: Request] = [:]
    /// Places of the list that are free again.
    var vacant: [Int] = []
    /// Counts the requests.
    var requestCount: UInt64 = 0
    var lingering: Deque<Lingering> = []
    var timer: LoopTimer?

    /// Without a way to the upstream there are only the operator's topics.
    init(
        policy: DemandPolicy = DemandPolicy(),
        lag: LagPolicy = LagPolicy(),
        ask: @escaping @Sendable (Demand) -> Void = { _ in }
    ) {
        allowsAny = policy.allowsAnySubscription
        isShared = policy.share == .always
        snapshot = policy.snapshot
        linger = policy.linger
        self.lag = lag
        self.ask = ask
    }
}
