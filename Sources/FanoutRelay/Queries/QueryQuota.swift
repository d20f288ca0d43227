internal import WebSockets

/// Which client addresses hold the places for queries and mutations, and who waits for one.
///
/// The last tenth of the places is reserved for addresses that have none, so that one address can't take all. A fixed
/// maximum for each address would be too little for clients behind one proxy. The waiting line has the same rule.
struct QueryQuota: Sendable {
    /// What happens to a query that comes.
    enum Entry: Equatable {
        case taken, waits, refused
    }

    private struct Waiting {
        let number: UInt64
        let network: ClientNetwork
    }

    private var running: NetworkShare
    private var line: NetworkShare
    private var waiting: [Waiting] = []

    /// - Parameters:
    ///   - limit: How many may run; at least one.
    ///   - waiting: How many may wait.
    init(limit: Int, waiting: Int = 0) {
        running = NetworkShare(limit: limit)
        line = NetworkShare(limit: waiting)
    }

    /// How many places are taken.
    var taken: Int { running.taken }
    /// How many wait for one.
    var waitingCount: Int { waiting.count }

    /// Takes a place for a query with an unused number, or puts it in the line.
    mutating func enter(_ number: UInt64, of network: ClientNetwork) -> Entry {
        if running.admits(network) {
            running.take(network)
            return .taken
        }
        guard line.admits(network) else { return .refused }
        line.take(network)
        waiting.append(Waiting(number: number, network: network))
        return .waits
    }

    /// Frees a place and returns the query that gets it: the first one of the address with the fewest places.
    mutating func leave(_ network: ClientNetwork) -> UInt64? {
        running.leave(network)
        var next: (index: Int, places: Int)?
        for (index, waiting) in waiting.enumerated() where running.admits(waiting.network) {
            let places = running.count(of: waiting.network)
            if next.map({ places < $0.places }) ?? true { next = (index, places) }
        }
        guard let next else { return nil }
        let entry = waiting.remove(at: next.index)
        line.leave(entry.network)
        running.take(entry.network)
        return entry.number
    }

    /// Takes a query out of the line; false when it doesn't wait.
    mutating func withdraw(_ number: UInt64) -> Bool {
        guard let index = waiting.firstIndex(where: { $0.number == number }) else { return false }
        line.leave(waiting.remove(at: index).network)
        return true
    }
}
