/// What a connection of a run is for.
enum Role: Equatable {
    /// Reads all events; only these connections are checked and measured.
    case reads
    /// Subscribes and then never reads.
    case neverReads
    /// Reads a few bytes a second.
    case crawls
    /// Connects, subscribes, leaves and comes back, again and again.
    case churns

    /// Whether the connection can't keep up, so that a server may close it.
    var isSlow: Bool { self == .neverReads || self == .crawls }
}

/// How many of a run's connections do something other than read.
struct Roles: Equatable {
    var neverReading = 0
    var crawling = 0
    var churning = 0

    /// How many connections don't simply read.
    var special: Int { neverReading + crawling + churning }

    /// The role of a connection; each role is spread evenly over all connections.
    func role(of index: Int, among connections: Int) -> Role {
        guard Self.isHit(index, special, connections) else { return .reads }
        let position = index * special / connections
        guard !Self.isHit(position, neverReading, special) else { return .neverReads }
        let rest = position - position * neverReading / special
        return Self.isHit(rest, crawling, special - neverReading) ? .crawls : .churns
    }

    private static func isHit(_ index: Int, _ count: Int, _ total: Int) -> Bool {
        total > 0 && (index + 1) * count / total > index * count / total
    }
}
