/// Tokens that a file lists, each with what it permits; of the tokens themselves digests are kept only.
package struct StaticTokens: Sendable {
    /// Most tokens of a file.
    package static let maximumCount = 10_000
    /// Most bytes of a file.
    package static let maximumSize = 4 << 20

    struct Entry: Sendable {
        let digest: TokenDigest
        let identity: Identity
    }

    /// By a few bits of the digest, so that a look at all of one place is short.
    private var buckets = [[Entry]](repeating: [], count: 256)
    /// How many there are.
    package private(set) var count = 0

    /// No tokens.
    package init() {}

    /// Reads a file.
    ///
    /// Each line is a token and what it permits, such as `TOKEN subject=alice topics=prices,orders.* scopes=subscribe`,
    /// in any order and with blanks between. Without `topics` it is every topic, without `scopes` it is `subscribe`.
    /// What follows a `#` at a line's beginning or behind a blank is a comment.
    ///
    /// - Parameter scopes: What all of its tokens permit, for every topic, where the file says nothing of it: then
    ///   nothing but `subject` may stand behind a token.
    package init(parsing file: [UInt8], granting scopes: ScopeSet? = nil) throws(TokenFileError) {
        guard file.count <= Self.maximumSize else {
            throw TokenFileError(line: nil, problem: "it is too large; allowed: \(Self.maximumSize) bytes")
        }
        var lines: [TokenDigest: Int] = [:]
        for (index, line) in file.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated() {
            guard let entry = try TokenLine.read(line, number: index + 1, granting: scopes) else { continue }
            if let first = lines.updateValue(index + 1, forKey: entry.digest) {
                throw TokenFileError(line: index + 1, problem: "the token of line \(first) once more; allowed: once")
            }
            guard count < Self.maximumCount else {
                throw TokenFileError(
                    line: index + 1,
                    problem: "one token too many; allowed: \(Self.maximumCount)"
                )
            }
            buckets[entry.digest.bucket].append(entry)
            count += 1
        }
    }

    /// Whom a token belongs to.
    ///
    /// The time it takes doesn't tell how much of a token was guessed: digests are compared, each whole, and all of a
    /// place.
    func identity(of digest: TokenDigest) -> Identity? {
        var found: Identity?
        for entry in buckets[digest.bucket] where entry.digest.equals(digest) { found = entry.identity }
        return found
    }
}
