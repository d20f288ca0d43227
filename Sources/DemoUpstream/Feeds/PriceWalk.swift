/// A random walk of prices, which depends only on the seed; the symbols move in turn.
struct PriceWalk {
    private let symbols: [String]
    private var cents: [Int] = []
    private var turn = 0
    /// The state of a SplitMix64 generator.
    private var state: UInt64

    init(symbols: [String], seed: UInt64) {
        self.symbols = symbols
        state = seed
        for _ in symbols { cents.append(2_000 + Int(random() % 48_000)) }
    }

    /// Moves one price by up to one percent.
    mutating func next() -> (symbol: String, cents: Int) {
        guard !symbols.isEmpty else { return ("", 0) }
        defer { turn = (turn + 1) % symbols.count }
        let step = max(1, cents[turn] / 100)
        let change = Int(random() % UInt64(2 * step + 1)) - step
        cents[turn] = min(max(100, cents[turn] + change), 10_000_000)
        return (symbols[turn], cents[turn])
    }

    private mutating func random() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
