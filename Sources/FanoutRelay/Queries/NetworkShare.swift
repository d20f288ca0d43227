internal import WebSockets

/// A limited number of places; the last tenth of them is reserved for client addresses that have none.
struct NetworkShare: Sendable {
    /// How many there are; who has one keeps it when there are fewer.
    var limit: Int
    private(set) var taken = 0
    private var byNetwork: [ClientNetwork: Int] = [:]

    init(limit: Int) { self.limit = limit }

    func admits(_ network: ClientNetwork) -> Bool {
        let reserve = limit <= 1 ? 0 : max(1, limit / 10)
        return taken < (byNetwork[network] == nil ? limit : limit - reserve)
    }

    /// How many places an address has.
    func count(of network: ClientNetwork) -> Int { byNetwork[network] ?? 0 }

    mutating func take(_ network: ClientNetwork) {
        taken += 1
        byNetwork[network, default: 0] += 1
    }

    mutating func leave(_ network: ClientNetwork) {
        taken -= 1
        guard let count = byNetwork[network], count > 1 else { return byNetwork[network] = nil }
        byNetwork[network] = count - 1
    }
}
