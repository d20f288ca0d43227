internal import GraphQLTransport

/// One line of a token file.
enum TokenLine {
    /// Bytes of a token: a shorter one could be guessed, and no longer one is needed.
    static let tokenSizes = 16...512
    /// Most bytes of a subject.
    static let subjectSize = 256

    /// The token and its identity; nil for a line without one.
    static func read(
        _ line: ArraySlice<UInt8>,
        number: Int,
        granting granted: ScopeSet?
    ) throws(TokenFileError) -> StaticTokens.Entry? {
        guard let text = String(validating: line, as: UTF8.self) else {
            throw TokenFileError(line: number, problem: "it isn't text; allowed: UTF-8")
        }
        do throws(Problem) {
            return try read(text.last == "\r\n" || text.last == "\r" ? text.dropLast() : text[...], granting: granted)
        } catch {
            throw TokenFileError(line: number, problem: error.text)
        }
    }

    /// What is wrong with it.
    private struct Problem: Error {
        let text: String
        init(_ text: String) { self.text = text }
    }

    private static func read(_ line: Substring, granting granted: ScopeSet?) throws(Problem) -> StaticTokens.Entry? {
        let words = line.split { $0 == " " || $0 == "\t" }
        let meant = words.prefix { !$0.hasPrefix("#") }
        guard let token = meant.first else { return nil }
        guard isToken(token) else {
            throw Problem(
                "the first word is no token; allowed: \(tokenSizes.lowerBound) to \(tokenSizes.upperBound) "
                    + "letters, digits and -._~+/, with = at the end"
            )
        }
        let names: [Substring] = granted == nil ? ["subject", "topics", "scopes"] : ["subject"]
        var values: [Substring: Substring] = [:]
        for (index, word) in meant.enumerated().dropFirst() {
            let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, names.contains(parts[0]) else {
                let allowed = names.map { $0 == "subject" ? "subject=NAME" : "\($0)=LIST" }.joined(separator: ", ")
                throw Problem("word \(index + 1) isn't known; allowed: \(allowed)")
            }
            guard !parts[1].isEmpty else { throw Problem("\(parts[0]) has no value; leave it out, or name something") }
            guard values.updateValue(parts[1], forKey: parts[0]) == nil else {
                throw Problem("\(parts[0]) a second time; allowed: once, with commas between values")
            }
        }
        let subject = values["subject"].map(String.init)
        if let subject, subject.utf8.count > subjectSize {
            throw Problem("the subject is too long; allowed: \(subjectSize) bytes")
        }
        let identity = Identity(
            subject: subject,
            topics: try topics(values["topics"]),
            scopes: try scopes(values["scopes"], granted),
            claims: claims(subject)
        )
        return StaticTokens.Entry(digest: TokenDigest(Array(token.utf8).span), identity: identity)
    }

    /// Whether it can stand in an Authorization header (RFC 9110, section 11.2: token68).
    private static func isToken(_ word: Substring) -> Bool {
        guard tokenSizes.contains(word.utf8.count) else { return false }
        let end = word.utf8.lastIndex { $0 != UInt8(ascii: "=") }
        return end.map { last in word.utf8[...last].allSatisfy { $0.isToken68 } } ?? false
    }

    private static func topics(_ list: Substring?) throws(Problem) -> TopicPatterns {
        guard let list else { return .all }
        let names = list.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        for name in names where name.isEmpty || name.dropLast().contains("*") {
            throw Problem("a topic is empty or has * within; allowed: names with commas between, * at the end of one")
        }
        return TopicPatterns(names)
    }

    private static func scopes(_ list: Substring?, _ granted: ScopeSet?) throws(Problem) -> ScopeSet {
        guard let list else { return granted ?? [.subscribe] }
        var scopes: ScopeSet = []
        for word in list.split(separator: ",", omittingEmptySubsequences: false) {
            guard let scope = Scope(rawValue: String(word)) else {
                throw Problem("a scope isn't known; allowed: \(Scope.allCases.map(\.rawValue).joined(separator: ", "))")
            }
            scopes.insert(scope)
        }
        return scopes
    }

    /// As if it were a JWT's, for what reads claims.
    private static func claims(_ subject: String?) -> [UInt8] {
        guard let subject else { return Identity.noClaims }
        return Array(#"{"sub":"#.utf8) + JSONString.encode(subject) + Array("}".utf8)
    }
}

extension UInt8 {
    fileprivate var isToken68: Bool {
        switch self {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: "~"), UInt8(ascii: "+"), UInt8(ascii: "/"):
            true
        default: false
        }
    }
}
