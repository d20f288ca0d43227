internal import WebSockets

/// Who has how many of the places for clients' queries and mutations.
///
/// The last tenth is kept for addresses that have none: one that takes all it can get leaves room for the others. A
/// fixed share would be less for all who come through one proxy.
struct ExecutionPlaces: Sendable {
    /// How many there are, one at least.
    let limit: Int
    /// How many are taken.
    private(set) var taken = 0
    private var byNetwork: [ClientNetwork: Int] = [:]

    init(limit: Int) { self.limit = limit }

    private var reserve: Int { limit == 1 ? 0 : max(1, limit / 10) }

    /// Takes one; false when there is none for this address.
    mutating func take(_ network: ClientNetwork) -> Bool {
        guard taken < (byNetwork[network] == nil ? limit : limit - reserve) else { return false }
        taken += 1
        byNetwork[network, default: 0] += 1
        return true
    }

    /// Gives one back.
    mutating func leave(_ network: ClientNetwork) {
        taken -= 1
        guard let count = byNetwork[network], count > 1 else { return byNetwork[network] = nil }
        byNetwork[network] = count - 1
    }
}
