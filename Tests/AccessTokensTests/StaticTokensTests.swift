import AccessTokens
import Testing

/// Token files.
struct StaticTokensTests {
    private static func error(_ file: String) -> TokenFileError? {
        do throws(TokenFileError) {
            _ = try StaticTokens(parsing: Array(file.utf8))
            return nil
        } catch {
            return error
        }
    }

    private static func identity(_ token: String, in file: String) throws -> Identity {
        try TokenVerifier(staticTokens: StaticTokens(parsing: Array(file.utf8))).verify(token, at: 0).get()
    }

    private static let token = "0123456789abcdef"

    @Test func `a line is a token and what it permits`() throws {
        let file = """
            # who may come in
            \(Self.token) subject=alice topics=prices,orders.* scopes=subscribe,execute   # her laptop
              \t
            ABCDEFGHIJKLMNOP==\tscopes=admin\tsubject=bob=the#builder
            -._~+/-._~+/-._~+/
            """
        let tokens = try StaticTokens(parsing: Array(file.utf8))
        #expect(tokens.count == 3)
        #expect(
            try Self.identity(Self.token, in: file)
                == Identity(
                    subject: "alice",
                    topics: .names(["prices", "orders.*"]),
                    scopes: [.subscribe, .execute],
                    claims: Array(#"{"sub":"alice"}"#.utf8)
                )
        )
        #expect(
            try Self.identity("ABCDEFGHIJKLMNOP==", in: file)
                == Identity(
                    subject: "bob=the#builder",
                    scopes: [.admin],
                    claims: Array(#"{"sub":"bob=the#builder"}"#.utf8)
                )
        )
        #expect(try Self.identity("-._~+/-._~+/-._~+/", in: file) == Identity(subject: nil))
        let verifier = TokenVerifier(staticTokens: tokens)
        for other in [String(Self.token.dropLast()), Self.token + "0", Self.token.uppercased(), "#", "subject=alice"] {
            #expect(verifier.verify(other, at: 0).refusal == .unknownToken)
        }
    }

    @Test func `Windows' ends of lines are none of the token's, nor of the last value`() throws {
        let file = "\(Self.token)\r\nABCDEFGHIJKLMNOP topics=a\r\n"
        #expect(try Self.identity(Self.token, in: file).topics == .all)
        #expect(try Self.identity("ABCDEFGHIJKLMNOP", in: file).topics == .names(["a"]))
    }

    @Test func `a file without tokens has none`() throws {
        for file in ["", "\n\n", "# nothing", " \t# nothing\r\n"] {
            #expect(try StaticTokens(parsing: Array(file.utf8)).count == 0)
        }
        #expect(TokenVerifier().verify(Self.token, at: 0).refusal == .malformed)
    }

    @Test(arguments: [
        ("short", "the first word is no token; allowed: 16 to 512 letters, digits and -._~+/, with = at the end"),
        ("0123456789abcde", "the first word is no token"), ("0123456789abcde=f", "the first word is no token"),
        ("0123456789abcdef,", "the first word is no token"), ("================", "the first word is no token"),
        ("0123456789abcdéf", "the first word is no token"), ("subject=alice topics=a", "the first word is no token"),
        (String(repeating: "a", count: 513), "the first word is no token"),
        ("\(token) \(token)", "word 2 isn't known; allowed: subject=NAME, topics=LIST, scopes=LIST"),
        ("\(token) topics=a role=admin", "word 3 isn't known"), ("\(token) Topics=a", "word 2 isn't known"),
        ("\(token) subject", "word 2 isn't known"), ("\(token) topics=a, b", "word 3 isn't known"),
        ("\(token) subject=", "subject has no value; leave it out, or name something"),
        ("\(token) topics=", "topics has no value"), ("\(token) topics=a,,b", "a topic is empty or has * within"),
        ("\(token) topics=*a", "a topic is empty or has * within"),
        ("\(token) topics=a topics=b", "topics a second time; allowed: once, with commas between values"),
        ("\(token) scopes=write", "a scope isn't known; allowed: subscribe, execute, own, admin"),
        ("\(token) scopes=admin,", "a scope isn't known"),
        ("\(token) subject=\(String(repeating: "é", count: 129))", "the subject is too long; allowed: 256 bytes"),
        ("\(token)\n\(token)", "the token of line 2 once more; allowed: once"),
    ]) func `an error names the line and what is allowed, and nothing of the token`(
        _ text: String,
        _ problem: String
    ) throws {
        let error = try #require(Self.error("# a comment\n\(text)\n"))
        let line = text.contains("\n") ? 3 : 2
        #expect(error.line == line)
        #expect(error.description.hasPrefix("line \(line): \(problem)"), "\(error)")
        #expect(!error.description.contains("0123456789"))
    }

    @Test func `a file may have tokens of one kind, which say nothing of what they permit`() throws {
        let file = "\(Self.token) subject=ops # on call\nABCDEFGHIJKLMNOP\n"
        let tokens = try StaticTokens(parsing: Array(file.utf8), granting: [.admin, .subscribe])
        let verifier = TokenVerifier(staticTokens: tokens)
        let (first, second) = (verifier.verify(Self.token, at: 0), verifier.verify("ABCDEFGHIJKLMNOP", at: 0))
        #expect(try [first.get().subject, second.get().subject] == ["ops", nil])
        #expect(try [first.get().scopes, second.get().scopes] == [[.admin, .subscribe], [.admin, .subscribe]])
        for word in ["scopes=admin", "topics=a", "ops"] {
            let error = #expect(throws: TokenFileError.self) {
                try StaticTokens(parsing: Array("\(Self.token) \(word)".utf8), granting: [.admin])
            }
            #expect(error?.description == "line 1: word 2 isn't known; allowed: subject=NAME")
        }
    }

    @Test func `what isn't UTF-8 is refused with its line`() {
        let error = #expect(throws: TokenFileError.self) { try StaticTokens(parsing: Array("#\n".utf8) + [0xFF]) }
        #expect(error?.description == "line 2: it isn't text; allowed: UTF-8")
    }

    @Test func `a file has a size, and so many tokens`() throws {
        func file(_ count: Int) -> String { (0..<count).map { "\(Self.token)\($0)" }.joined(separator: "\n") }
        let tokens = try StaticTokens(parsing: Array(file(10_000).utf8))
        #expect(tokens.count == 10_000)
        let verifier = TokenVerifier(staticTokens: tokens)
        for number in [0, 1, 4711, 9999] { #expect(verifier.verify("\(Self.token)\(number)", at: 0).refusal == nil) }
        #expect(verifier.verify("\(Self.token)10000", at: 0).refusal == .unknownToken)
        #expect(Self.error(file(10_001))?.description == "line 10001: one token too many; allowed: 10000")
        let large = Self.error(String(repeating: "#\n", count: (2 << 20) + 1))
        #expect(large?.description == "it is too large; allowed: 4194304 bytes")
    }
}
