import GraphQLTransport

@testable import AccessTokens

extension FuzzTarget {
    /// What is taken was issued: it is one of the corpus' tokens, to the last byte, and it is taken every time.
    static let tokens = FuzzTarget(
        name: "tokens",
        words: [
            ".", "..", "=", "eyJhbGciOiJub25lIn0", "eyJhbGciOiJIUzI1NiJ9", "eyJhbGciOiJSUzI1NiJ9",
            "eyJhbGciOiJFUzI1NiJ9",
            "eyJhbGciOiJFZERTQSJ9", "e30", "AAAA", "____", "-", "+", " ",
        ]
    ) { input throws(Violation) in
        var way = Way()
        let token = String(decoding: input, as: UTF8.self)
        let verifier = PublishedTokens.verifier()
        let verdict = verifier.verify(token, at: PublishedTokens.time)
        try require(verdict == verifier.verify(token, at: PublishedTokens.time), "a second look says something else")
        let ticket = verifier.verifyTicket(token, at: PublishedTokens.time)
        switch verdict {
        case .success(let identity):
            try require(PublishedTokens.all.contains(Array(token.utf8)), "a token is taken that nobody issued")
            try require(identity.claim(path: "iss") == Array("\"joe\"".utf8), "its claims are others")
            way.pass(1)
        case .failure(let refusal):
            for byte in refusal.metricReason.utf8 { way.pass(UInt64(byte)) }
            try require(!PublishedTokens.all.contains(input), "an issued token is refused: \(refusal)")
            if case .success = ticket { throw Violation("a ticket is taken that is no token") }
        }
        return way.value
    }

    /// Claims whose signature is good are read alike every time, and permit nothing for a time that is over.
    static let claims = FuzzTarget(
        name: "claims",
        words: [
            "{\"exp\":", "\"exp\":2000", "\"nbf\":", "\"topics\":", "\"scope\":", "\"relay\":{", "\"aud\":\"relay\"",
            "\"sub\":\"",
            "\"expire_at\":", "[\"a\",\"b*\"]", "\"*\"", "\"subscribe admin\"", "null", "1e3", "1e999", "-1", "\\u0000",
            "\\uD800", ",", "{", "}", "[", "]", "\"",
        ]
    ) { input throws(Violation) in
        var way = Way()
        var rules = TokenRules()
        rules.audience = .oneOf(["relay"])
        rules.topicsClaim = "relay.topics"
        for use in [TokenRules.Use.bearer, .ticket] {
            let admitted: TokenRules.Admitted
            do throws(TokenRefusal) {
                admitted = try rules.judge(input, as: use, at: 1000)
            } catch {
                for byte in error.metricReason.utf8 { way.pass(UInt64(byte)) }
                continue
            }
            way.pass(kindOf: admitted.identity.topics)
            way.pass(UInt64(admitted.identity.scopes.count))
            way.pass(admitted.identity.subject == nil ? 0 : 1)
            try judged(admitted, input)
        }
        return way.value
    }

    private static func judged(_ admitted: TokenRules.Admitted, _ input: [UInt8]) throws(Violation) {
        let identity = admitted.identity
        try require(identity.claims == input, "the claims are others")
        try require(admitted.validity.contains(1000), "it isn't good now")
        try require(identity.expiry.map { $0 > 1000 && $0.isFinite } ?? false, "it ends never, or has ended")
        try require(!JSONScanner.hasDuplicateMembers(input.span), "claims are taken that mean two things")
        try require(identity.claim(path: "aud") != nil, "it is for nobody")
        if identity.claim(path: "relay.topics") == nil { try require(identity.topics == .all, "topics from nowhere") }
    }

    /// Of a set every key is either kept or counted, and it is never a secret.
    static let keySets = FuzzTarget(
        name: "key-sets",
        words: [
            "{\"keys\":[", "]}", "\"kty\":\"RSA\"", "\"kty\":\"EC\"", "\"kty\":\"OKP\"", "\"kty\":\"oct\"",
            "\"crv\":\"P-256\"", "\"crv\":\"P-521\"",
            "\"crv\":\"Ed25519\"", "\"n\":\"", "\"e\":\"AQAB\"", "\"x\":\"", "\"y\":\"", "\"k\":\"", "\"use\":\"sig\"",
            "\"use\":\"enc\"",
            "\"key_ops\":[\"verify\"]", "\"alg\":\"RS256\"", "\"alg\":\"PS256\"", "\"kid\":\"a\"", "{},", ",",
            "AAAAAAAAAAAAAAAAAAAAAA",
        ]
    ) { input throws(Violation) in
        var way = Way()
        let set: JSONWebKeySet
        do throws(JSONWebKeySet.Fault) {
            set = try JSONWebKeySet(parsing: input, allowsSecrets: false)
        } catch {
            way.pass(kindOf: error)
            return way.value
        }
        let list = Identity(subject: nil, claims: input).claim(path: "keys") ?? []
        let skipped = set.skipped.values.reduce(0, +)
        try require(
            JSONArray(list.span)?.elements.count == set.keys.count + skipped,
            "a key is neither kept nor counted"
        )
        try require(set.keys.count <= JSONWebKeySet.maximumKeyCount, "too many keys are kept")
        try require(!set.keys.contains(where: \.isSecret), "a secret is taken")
        try require(set.keys.allSatisfy { !$0.algorithms.isEmpty }, "a key is for nothing")
        for key in set.keys { for algorithm in key.algorithms { way.pass(kindOf: algorithm) } }
        for fault in KeyFault.allCases { way.pass(set.skipped[fault] == nil ? 0 : 1) }
        if let own = try? JSONWebKeySet(parsing: input, allowsSecrets: true) {
            try require(own.keys.count >= set.keys.count, "where secrets are taken, other keys aren't")
        }
        let verifier = TokenVerifier(keys: set.keys)
        for token in PublishedTokens.all {
            way.pass(kindOf: verifier.verify(String(decoding: token, as: UTF8.self), at: PublishedTokens.time))
        }
        return way.value
    }

    /// Every token of a file that is taken is known, and an error is where it says, and doesn't tell the token.
    static let tokenFiles = FuzzTarget(
        name: "token-files",
        words: [
            "0123456789abcdef", "ABCDEFGHIJKLMNOP==", " subject=", " topics=", " scopes=", "subscribe,admin", "a,b.*",
            "#",
            " #", "\n", "\r\n", "\t", " ", "=", ",", "*", "é",
        ]
    ) { input throws(Violation) in
        var way = Way()
        let lines = input.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        func firstWord(of line: ArraySlice<UInt8>) -> String {
            let word = line.drop { $0 == 0x20 || $0 == 0x09 }.prefix { ![0x20, 0x09, 0x0D].contains($0) }
            return String(decoding: word, as: UTF8.self)
        }
        let tokens: StaticTokens
        do throws(TokenFileError) {
            tokens = try StaticTokens(parsing: input)
        } catch {
            guard let line = error.line else { throw Violation("a small file is too large") }
            try require(lines.indices.contains(line - 1), "an error is in no line")
            let word = firstWord(of: lines[line - 1])
            try require(word.count < 16 || !error.description.contains(word), "an error tells the token")
            for byte in error.problem.utf8.prefix(20) { way.pass(UInt64(byte)) }
            return way.value
        }
        way.pass(UInt64(min(tokens.count, 8)))
        let verifier = TokenVerifier(staticTokens: tokens)
        var count = 0
        for line in lines {
            let word = firstWord(of: line)
            guard !word.isEmpty, !word.hasPrefix("#") else { continue }
            count += 1
            guard case .success(let identity) = verifier.verify(word, at: 0) else {
                throw Violation("a token of the file isn't known")
            }
            way.pass(UInt64(identity.scopes.count))
            way.pass(kindOf: identity.topics)
            try require(identity.expiry == nil, "a token of the file expires")
        }
        try require(count == tokens.count, "there are other tokens than lines")
        return way.value
    }
}
