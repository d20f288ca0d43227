internal import Fanout
internal import WebSockets

/// Records how far clients are behind, some of them at each tick of their shard.
///
/// To look at all of them would cost as much as a sweep does. A look costs no call of the kernel, and who has everything
/// is counted too, so that the histogram tells of all clients.
struct LagSample {
    /// In how many ticks each client is looked at once, while they are few: in a second.
    static let turns = 10
    /// The most that are looked at in a tick.
    static let limit = 64

    private var next = 0

    /// Looks at the next clients.
    mutating func advance(over clients: [Client?], _ topics: [ShardTopic], into histogram: Histogram) {
        guard !clients.isEmpty else { return }
        for _ in 0..<min(Self.limit, (clients.count + Self.turns - 1) / Self.turns) {
            next = next < clients.count - 1 ? next + 1 : 0
            guard let client = clients[next], client.socket.isOpen else { continue }
            histogram.record(Int(clamping: client.lag(in: topics)))
        }
    }
}

extension Client {
    /// How many payload bytes it lacks, over all its subscriptions.
    func lag(in topics: [ShardTopic]) -> UInt64 {
        subscribers.reduce(0) { $0 + topics[$1.slot].backlog.lag(of: $1.cursor) }
    }
}
