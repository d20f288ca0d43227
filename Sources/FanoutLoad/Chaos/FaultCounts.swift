import CommandSupport

/// How often each fault happens: `kill-leader=100,cut-leader=20`.
struct FaultCounts: FlagValue, Equatable {
    /// A fault and how often it happens.
    struct Entry: Equatable {
        var name: String
        var count: Int
    }

    static let allowed = "NAME=COUNT[,NAME=COUNT…], each name once, with 10,000 faults at most"
    /// The most faults of a run.
    static let most = 10_000

    /// A few of the most common ones.
    static let usual = FaultCounts([("kill-leader", 5), ("hand-over", 5)])
    /// The same for a tree.
    static let usualOfTree = FaultCounts([("kill-root", 1), ("kill-middle", 3), ("kill-leaf", 3)])

    /// Each of these once.
    init(once names: [String]) { self.init(names.map { ($0, 1) }) }

    /// The faults in the order of the flag.
    let entries: [Entry]
    let description: String

    private init(_ entries: [(name: String, count: Int)]) {
        self.entries = entries.map(Entry.init)
        description = entries.map { "\($0.name)=\($0.count)" }.joined(separator: ",")
    }

    init?(_ text: String) {
        var entries: [Entry] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let words = part.split(separator: "=", omittingEmptySubsequences: false)
            guard words.count == 2, FaultName.isValid(words[0]),
                words[1].utf8.allSatisfy({ (0x30...0x39).contains($0) }), let count = Int(words[1]),
                (1...Self.most).contains(count), !entries.contains(where: { $0.name == words[0] })
            else { return nil }
            entries.append(Entry(name: String(words[0]), count: count))
        }
        guard entries.reduce(0, { $0 + $1.count }) <= Self.most else { return nil }
        self.entries = entries
        description = text
    }

    /// All faults in an order that depends on the seed alone.
    func order(seed: UInt64) -> [String] {
        var draw = Draw(seed: seed)
        return entries.flatMap { Array(repeating: $0.name, count: $0.count) }.shuffled(using: &draw)
    }
}

/// The names of faults: those of the tool, and those that an operator gives.
enum FaultName {
    /// Whether it is a name: 1 to 40 small letters, digits and hyphens.
    static func isValid(_ text: some StringProtocol) -> Bool {
        (1...40).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (0x30...0x39).contains(byte)
                    || byte == UInt8(ascii: "-")
            }
    }
}
