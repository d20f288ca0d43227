/// Identities of tokens whose signatures were found good, by digest; a value, without a clock of its own.
///
/// The memory is bounded: entries live in two generations, and one that is used moves to the younger one. When that is
/// full, it takes the place of the older one, which is forgotten. Only good tokens get in, so that no stranger can
/// crowd out the others.
struct TokenCache {
    /// Most entries of a generation.
    let capacity: Int
    /// Most bytes of claims in a generation.
    static let byteCapacity = 8 << 20

    private var younger: [TokenDigest: TokenRules.Admitted] = [:]
    private var older: [TokenDigest: TokenRules.Admitted] = [:]
    private var youngerBytes = 0
    /// Patterns of topics, which many tokens have in common; each is kept once.
    private var patterns: Set<TopicPatterns> = []
    private static let maximumPatterns = 256

    init(capacity: Int) { self.capacity = capacity }

    /// How many tokens are remembered.
    var count: Int { younger.count + older.count }

    /// Whom a token belongs to that is good at this time.
    mutating func identity(of digest: TokenDigest, at now: Double) -> Identity? {
        if let entry = younger[digest] { return entry.validity.contains(now) ? entry.identity : nil }
        guard let entry = older.removeValue(forKey: digest), entry.validity.contains(now) else { return nil }
        insert(entry, for: digest)
        return entry.identity
    }

    /// The patterns that are kept, if they equal these.
    mutating func shared(_ patterns: TopicPatterns) -> TopicPatterns {
        if self.patterns.count >= Self.maximumPatterns { self.patterns = [] }
        return self.patterns.insert(patterns).memberAfterInsert
    }

    /// Remembers a token until it is no longer good.
    mutating func insert(_ entry: TokenRules.Admitted, for digest: TokenDigest) {
        guard capacity > 0 else { return }
        let size = entry.identity.claims.count
        if younger.count >= capacity || youngerBytes + size > Self.byteCapacity {
            older = younger
            younger = [:]
            youngerBytes = 0
        }
        if younger.updateValue(entry, forKey: digest) == nil { youngerBytes += size }
    }
}
