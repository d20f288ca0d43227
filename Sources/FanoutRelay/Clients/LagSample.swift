internal import Fanout
internal import Synchronization
internal import WebSockets

/// Records how far clients are behind, some of them at each tick of their shard.
///
/// To look at all of them would cost as much as a sweep does. A look costs no call of the kernel, and who has
/// everything is counted too, so that the histogram tells of all clients.
struct LagSample {
    /// In how many ticks each client is looked at once, while they are few: in a second.
    static let turns = 10
    /// The most that are looked at in a tick.
    static let limit = 64

    private var next = 0
    private var tick = 0
    /// The slowest of this round, and of the last one.
    private var found: [SlowClient] = []
    private var slowest: [SlowClient] = []

    /// Looks at the next clients, and once a second tells what operators are shown.
    mutating func advance(over clients: [Client?], _ topics: [ShardTopic], into statistics: ShardStatistics) {
        for _ in 0..<min(Self.limit, (clients.count + Self.turns - 1) / Self.turns) {
            next = next < clients.count - 1 ? next + 1 : 0
            if next == 0 { (slowest, found) = (found, []) }
            guard let client = clients[next], client.socket.isOpen else { continue }
            let lag = client.lag(in: topics)
            statistics.lag.record(Int(clamping: lag))
            if lag > 0 { SlowClient.add(lag, to: &found) { client.slowClient(lagging: lag) } }
        }
        tick = (tick + 1) % Self.turns
        if tick == 0 { tell(topics, to: statistics) }
    }

    /// Tells what operators are shown; also when the last client has left.
    func tell(_ topics: [ShardTopic], to statistics: ShardStatistics) {
        var subscribers: [String: Int] = [:]
        for topic in topics where !topic.audience.isEmpty {
            subscribers[topic.request == nil ? topic.definition.name : "*", default: 0] += topic.audience.count
        }
        statistics.report.withLock { [slowest] in $0 = ShardReport(slowest: slowest, subscribers: subscribers) }
    }
}

extension Client {
    fileprivate func slowClient(lagging lag: UInt64) -> SlowClient {
        SlowClient(
            number: socket.number,
            peer: socket.peer,
            protocol: dialect.spoken.rawValue,
            lag: lag,
            subscriptions: subscribers.count
        )
    }

    /// How many payload bytes it lacks, over all its subscriptions.
    func lag(in topics: [ShardTopic]) -> UInt64 {
        subscribers.reduce(0) { $0 + topics[$1.slot].backlog.lag(of: $1.cursor) }
    }
}
