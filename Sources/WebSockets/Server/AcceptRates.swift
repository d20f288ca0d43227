/// Limits how fast new connections may come, in all and from each network; a value without a clock of its own.
///
/// Its memory is bounded, however many networks connect. The buckets live in two generations. A network that connects
/// is moved to the younger one. After a second all buckets left in the older one are full again, which is the same as
/// having none, so the younger generation replaces the older. If more networks than a generation holds connect within a
/// second, some are forgotten early and may connect as if for the first time; then the limit for all applies.
struct AcceptRates {
    /// The most networks in a generation.
    static let capacity = 16_384

    private let total: Int?
    private let perNetwork: Int?
    private var all = TokenBucket()
    private var younger: [ClientNetwork: TokenBucket] = [:]
    private var older: [ClientNetwork: TokenBucket] = [:]
    private var turned = Duration.zero

    /// Makes limits in connections a second; nil means no limit.
    init(total: Int?, perNetwork: Int?) {
        self.total = total
        self.perNetwork = perNetwork
    }

    /// Counts a connection, unless it exceeds a limit, which is returned.
    ///
    /// A connection over its network's limit isn't counted in the limit for all.
    mutating func admit(_ network: @autoclosure () -> ClientNetwork, at now: Duration) -> Listener.Refusal? {
        if let perNetwork, !admit(network(), perNetwork, at: now) { return .addressRate }
        if let total, !all.take(at: now, rate: total) { return .rate }
        return nil
    }

    private mutating func admit(_ network: ClientNetwork, _ rate: Int, at now: Duration) -> Bool {
        network == .unknown || takeOne(of: network, rate, at: now)
    }

    /// How many networks are remembered.
    var count: Int { younger.count + older.count }

    private mutating func takeOne(of network: ClientNetwork, _ rate: Int, at now: Duration) -> Bool {
        if younger.count >= Self.capacity || now - turned >= .seconds(1) {
            older = younger
            younger = [:]
            turned = now
        }
        var bucket = younger[network] ?? older[network] ?? TokenBucket()
        let isTaken = bucket.take(at: now, rate: rate)
        younger[network] = bucket
        return isTaken
    }
}
