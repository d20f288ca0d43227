/// A client that lacks bytes, as operators are told of it.
package struct SlowClient: Sendable, Codable, Equatable {
    /// Its number in the log.
    package let number: UInt32
    package let peer: String
    package let `protocol`: String
    /// How many payload bytes it lacks, over all its subscriptions.
    package let lag: UInt64
    package let subscriptions: Int

    /// How many are told.
    static let most = 10

    /// Adds a client to a list of those that lag the most, the worst first.
    static func add(_ lag: UInt64, to list: inout [SlowClient], _ client: () -> SlowClient) {
        if list.count >= most {
            guard let last = list.last, last.lag < lag else { return }
            list.removeLast()
        }
        list.insert(client(), at: list.firstIndex { $0.lag < lag } ?? list.endIndex)
    }
}

/// What a shard tells of its clients, once a second while it has any.
struct ShardReport: Sendable {
    /// Those that lag the most, found among as many as were looked at in one round of `LagSample`.
    var slowest: [SlowClient] = []
    /// The subscribers of each topic of the operator's, by its name, and of all client topics as `*`.
    var subscribers: [String: Int] = [:]
}
