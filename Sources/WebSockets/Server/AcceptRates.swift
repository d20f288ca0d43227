/// How fast new connections may come, in all and from each network; a value, without a clock of its own.
///
/// The memory is bounded however many networks come: buckets live in two generations. Whoever comes is moved to the
/// younger one; after a second, when every bucket that was left in the older one is full again and so as good as none,
/// the younger one takes its place. When more networks than a generation holds come within a second, those that are
/// forgotten early may come as if for the first time: then the rate in all is what limits them.
struct AcceptRates {
    /// Most networks of a generation.
    static let capacity = 16_384

    private let total: Int?
    private let perNetwork: Int?
    private var all = TokenBucket()
    private var younger: [ClientNetwork: TokenBucket] = [:]
    private var older: [ClientNetwork: TokenBucket] = [:]
    private var turned = Duration.zero

    /// Makes limits in connections a second; nil is none.
    init(total: Int?, perNetwork: Int?) {
        self.total = total
        self.perNetwork = perNetwork
    }

    /// Counts a connection, unless there are too many; says what limits it.
    ///
    /// What a network has too many of isn't taken from the others' share.
    mutating func admit(_ network: @autoclosure () -> ClientNetwork, at now: Duration) -> Listener.Refusal? {
        if let perNetwork, !takeOne(of: network(), perNetwork, at: now) { return .addressRate }
        if let total, !all.take(at: now, rate: total) { return .rate }
        return nil
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
