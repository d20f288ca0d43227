internal import Fanout

/// The group that a relay is one of, as the rest of the relay sees it.
///
/// A build without the trait Cluster has none.
protocol RelayGroup: Sendable {
    /// What the runner's updates go to: the log that the group shares.
    var log: any TopicLog { get }

    /// Takes a message of a shard, on the shard's thread.
    func take(_ demand: Demand, from shard: Int)

    /// Connects, reads the log, and has `runner` run operations while this relay leads.
    func start(_ runner: TopicRunner) async

    /// Offers other topics of the operator's from the next `TopicUpdate.planned` on.
    func prepare(_ change: OfferedTopics.Change, _ lag: LagPolicy) async

    /// Keeps half as much history for who comes later.
    func shed() async

    /// Lets another relay lead where this one does; returns when it does, or when the time is over.
    func leave(within limit: Duration) async

    /// Ends the connection.
    func stop() async
}
