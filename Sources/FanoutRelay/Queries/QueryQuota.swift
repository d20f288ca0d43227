internal import WebSockets

/// Who has how many of the places for clients' queries and mutations, and who waits for one.
///
/// The last tenth is kept for addresses that have none: one that takes all it can get leaves room for the others. A
/// fixed share would be less for all who come through one proxy. So it is with those who wait.
struct QueryQuota: Sendable {
    /// What becomes of one who comes.
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
    ///   - limit: How many may run, one at least.
    ///   - waiting: How many may wait.
    init(limit: Int, waiting: Int = 0) {
        running = NetworkShare(limit: limit)
        line = NetworkShare(limit: waiting)
    }

    /// How many places are taken.
    var taken: Int { running.taken }
    /// How many wait for one.
    var waitingCount: Int { waiting.count }

    /// Comes under a number that nobody else has.
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

    /// Gives a place back, and says who has it now: of the address that has the fewest, who came first.
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

    /// Waits no longer; false for one who doesn't wait.
    mutating func withdraw(_ number: UInt64) -> Bool {
        guard let index = waiting.firstIndex(where: { $0.number == number }) else { return false }
        line.leave(waiting.remove(at: index).network)
        return true
    }
}
