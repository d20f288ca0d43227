/// What was asked for: runs with other terms can't go on with one another's state.
struct ChaosTerms: Codable, Equatable {
    /// The faults and how often they happen, as in the flag.
    var faults: String
    var seed: Int
    /// What the faults happen to, in words: `3 relays on 3 servers, hot standby`.
    var group: String
    /// What programs call themselves.
    var versions: [String]
    var clients: Int
    /// Events a second, and the bytes of each; nil where they aren't ours.
    var rate: Int?
    var size: Int?
    /// Further arguments of the relays.
    var arguments: [String]

    /// A line for people.
    var words: String {
        var words = ["\(group)", "\(clients) clients"]
        if let rate { words.append("\(rate) events/s") }
        words.append("seed \(seed)")
        words += versions
        if !arguments.isEmpty { words.append(arguments.joined(separator: " ")) }
        return words.joined(separator: "; ")
    }
}
