import AccessTokens
import OpenSSLCommand
import Testing

/// Times, topics, scopes and tickets.
@Suite(.enabled(if: OpenSSL.isInstalled))
struct TokenRulesTests {
    private static func verify(
        _ claims: String,
        at now: Double = 1000,
        asTicket: Bool = false,
        _ change: (inout TokenRules) -> Void = { _ in }
    ) throws -> Result<Identity, TokenRefusal> {
        var rules = TokenRules()
        change(&rules)
        let verifier = TokenVerifier(keys: [try Issuer.secret.key()], rules: rules)
        let token = try Issuer.secret.token(claims, by: .hs256)
        return asTicket ? verifier.verifyTicket(token, at: now) : verifier.verify(token, at: now)
    }

    @Test(
        arguments: [
            (#"{"exp":1000}"#, 1029.9, nil), (#"{"exp":1000}"#, 1030, .expired), (#"{"exp":1000.5}"#, 1030.4, nil),
            (#"{"exp":1000.5}"#, 1030.5, .expired), (#"{"exp":1e3}"#, 1030, .expired), (#"{"exp":-1}"#, 0, nil),
            (#"{"exp":-31}"#, 0, .expired), (#"{"exp":9e9,"nbf":1000}"#, 970, nil),
            (#"{"exp":9e9,"nbf":1000}"#, 969.9, .notYetValid), (#"{"exp":9e9,"iat":5000}"#, 0, nil),
            ("{}", 0, .missingExpiry),
        ] as [(String, Double, TokenRefusal?)]
    )
    func `a token is good from nbf until exp, and the leeway around them`(
        _ claims: String,
        _ now: Double,
        _ refusal: TokenRefusal?
    ) throws {
        #expect(try Self.verify(claims, at: now).refusal == refusal)
    }

    @Test func `the leeway is the operator's, and so is whether exp is needed`() throws {
        #expect(try Self.verify(#"{"exp":1000}"#, at: 1000) { $0.leeway = 0 }.refusal == .expired)
        let identity = try Self.verify("{}") { $0.requiresExpiry = false }.get()
        #expect(identity.expiry == nil)
        #expect(identity.subject == nil)
    }

    @Test(
        arguments: [
            (#"{"exp":2000}"#, 2030), (#"{"exp":2000,"expire_at":1500}"#, 1500),
            (#"{"exp":2000,"expire_at":9000}"#, 9000),
            (#"{"exp":2000,"expire_at":1000}"#, nil),
        ] as [(String, Double?)]
    )
    func `what was begun ends with the token, or when the token says`(_ claims: String, _ end: Double?) throws {
        let verdict = try Self.verify(claims)
        if let end { #expect(try verdict.get().expiry == end) } else { #expect(verdict.refusal == .expired) }
    }

    @Test(
        arguments: [
            ("", .all), (#","topics":[]"#, .names([])), (#","topics":"""#, .names([])), (#","topics":["*"]"#, .all),
            (#","topics":["a","b.*"]"#, .names(["a", "b.*"])), (#","topics":"a  b.*""#, .names(["a", "b.*"])),
            (#","topics":["a b"]"#, .names(["a b"])), (#","topics":["a","*"]"#, .all),
        ] as [(String, TopicPatterns)]
    )
    func `the claim topics says which`(_ members: String, _ topics: TopicPatterns) throws {
        #expect(try Self.verify(#"{"exp":2000\#(members)}"#).get().topics == topics)
    }

    @Test func `without the claim it is none, where the operator wants one`() throws {
        #expect(try Self.verify(#"{"exp":2000}"#) { $0.requiresTopicsClaim = true }.get().topics == .names([]))
    }

    @Test(
        arguments: [
            ("a", "a", true), ("a", "ab", false), ("a", "", false), ("a*", "a", true), ("a*", "abc", true),
            ("a*", "b", false), ("a.*", "a", false), ("a*b*", "a*bc", true), ("a*b*", "acb", false),
            ("*a", "ba", false), ("*a", "*a", true), ("", "", true), ("", "a", false), ("A", "a", false),
            ("\u{212A}", "K", false), ("\u{212A}*", "Kelvin", false), ("é", "e\u{301}", false),
            ("é*", "étude", true),
        ]
    )
    func `a pattern ends with a star or is a name`(_ pattern: String, _ topic: String, _ isPermitted: Bool) {
        #expect(TopicPatterns([pattern]).permits(topic) == isPermitted)
        #expect(TopicPatterns(["none", pattern]).permits(topic) == isPermitted)
        #expect(TopicPatterns(["*"]).permits(topic))
        #expect(!TopicPatterns([]).permits(topic))
    }

    @Test(
        arguments: [
            ("", [.subscribe]), (#","scope":"execute admin""#, [.execute, .admin]), (#","scope":"""#, []),
            (#","scope":"openid profile""#, []), (#","scope":"openid own""#, [.own]),
            (#","scopes":["subscribe","own"]"#, [.subscribe, .own]), (#","scopes":"execute""#, [.execute]),
            (#","scope":"own","scopes":["admin"]"#, [.own]), (#","scope":"Admin ADMIN""#, []), (#","scopes":[]"#, []),
            (#","scope":["own admin"]"#, []),
        ] as [(String, ScopeSet)]
    )
    func `the claim scope says what for`(_ members: String, _ scopes: ScopeSet) throws {
        let identity = try Self.verify(#"{"exp":2000\#(members)}"#).get()
        #expect(identity.scopes == scopes)
        for scope in Scope.allCases {
            var refusal: TokenRefusal?
            do throws(TokenRefusal) { try identity.require(scope) } catch { refusal = error }
            #expect(refusal == (scopes.contains(scope) ? nil : .missingScope(scope)))
        }
    }

    @Test(
        arguments: [
            ("topics", #"{"topics":1}"#, "1"), ("a.b", #"{"a":{"b":2}}"#, "2"), ("a.b", #"{"a":{"b":2},"a.b":3}"#, "3"),
            ("https://a.b/c", #"{"https://a.b/c":[4]}"#, "[4]"), ("a.b.c", #"{"a":{"b.c":5}}"#, "5"),
            ("a.b.c", #"{"a.b":{"c":6}}"#, "6"), ("a.b.c", #"{"a":{"b":{}},"a.b":{"c":7}}"#, "7"),
            ("a.b", #"{"a":[{"b":1}]}"#, nil), ("a.b", #"{"a":1}"#, nil), ("", #"{"":{}}"#, "{}"), (".", "{}", nil),
            ("a", #"{"\u0061":"x"}"#, "\"x\""), ("a..b", #"{"a":{"":{"b":8}}}"#, "8"), ("K", "{\"\u{212A}\":1}", nil),
        ] as [(String, String, String?)]
    )
    func `a claim is found by its path`(_ path: String, _ claims: String, _ value: String?) {
        let identity = Identity(subject: nil, claims: Array(claims.utf8))
        #expect(identity.claim(path: path).map { String(decoding: $0, as: UTF8.self) } == value)
    }

    @Test(
        arguments: [
            (nil, #"{"exp":2000,"sub":"ann","a":{"b":[1],"c":2},"x.y":3}"#), ([], "{}"), (["none", "a.d"], "{}"),
            (["sub"], #"{"sub":"ann"}"#), (["a.b", "x.y", "none"], #"{"a.b":[1],"x.y":3}"#),
        ] as [([String]?, String)]
    )
    func `of the claims those are kept that are needed`(_ paths: [String]?, _ kept: String) throws {
        let claims = #"{"exp":2000,"sub":"ann","a":{"b":[1],"c":2},"x.y":3}"#
        let identity = try Self.verify(claims) { $0.keptClaims = paths }.get()
        #expect(identity.claims == Array(kept.utf8))
        #expect(identity.subject == "ann")
        for path in paths ?? [] {
            #expect(identity.claim(path: path) == Identity(subject: nil, claims: Array(claims.utf8)).claim(path: path))
        }
    }

    @Test func `claims are read where the operator says`() throws {
        let identity = try Self.verify(#"{"exp":2000,"relay":{"topics":["a"],"may":"own"},"topics":["b"]}"#) {
            $0.topicsClaim = "relay.topics"
            $0.scopeClaims = ["relay.may"]
        }.get()
        #expect(identity.topics == .names(["a"]))
        #expect(identity.scopes == [.own])
    }

    @Test(
        arguments: [
            (#"{"exp":1300}"#, nil, 4600), (#"{"exp":1330}"#, nil, 4600), (#"{"exp":1331}"#, .ticketTooLong, 0),
            (#"{"exp":900}"#, .expired, 0), ("{}", .missingExpiry, 0), (#"{"exp":1300,"expire_at":2000}"#, nil, 2000),
            (#"{"exp":1300,"expire_at":9000}"#, nil, 4600), (#"{"exp":1300,"expire_at":999}"#, .expired, 0),
        ] as [(String, TokenRefusal?, Double)]
    )
    func `a ticket is good for minutes, and what it begins for longer`(
        _ claims: String,
        _ refusal: TokenRefusal?,
        _ end: Double
    ) throws {
        let verdict = try Self.verify(claims, asTicket: true) { $0.requiresExpiry = false }
        #expect(verdict.refusal == refusal)
        if case .success(let identity) = verdict { #expect(identity.expiry == end) }
    }

    @Test func `what isn't a JSON Web Token is no ticket`() throws {
        let file = try StaticTokens(parsing: Array("0123456789abcdef".utf8))
        let verifier = TokenVerifier(staticTokens: file, keys: [try Issuer.secret.key()])
        #expect(verifier.verify("0123456789abcdef", at: 0).refusal == nil)
        #expect(verifier.verifyTicket("0123456789abcdef", at: 0).refusal == .notATicket)
        #expect(verifier.verifyTicket(nil, at: 0).refusal == .absent)
        #expect(verifier.verifyTicket("a.b.c.d", at: 0).refusal == .notATicket)
    }
}
