import AccessTokens
import Testing
import Wire

/// What a hook may answer, and what it is asked.
struct HookAnswerTests {
    private static func answer(_ text: String) throws -> HookAnswer.Judgement {
        try HookAnswer(parsing: Array(text.utf8), at: 1000).judgement
    }

    private static let nothing = Identity(subject: nil, topics: .all, scopes: [.subscribe], expiry: nil)

    @Test(
        arguments: [
            (#"{"allow":true}"#, .allowed(nothing)), (#"{"allow":false}"#, .forbidden),
            (#" { "allow" : false , "subject" : "ann" } "#, .forbidden),
            (
                #"{"allow":true,"subject":"ann","topics":["a","b.*"],"scopes":["execute","own"],"expires":2.5}"#,
                .allowed(
                    Identity(
                        subject: "ann",
                        topics: .names(["a", "b.*"]),
                        scopes: [.execute, .own],
                        expiry: 1002.5,
                        claims: Array(#"{"sub":"ann"}"#.utf8)
                    )
                )
            ),
            (
                #"{"allow":true,"subject":"a\"n","variables":{ "tenant":7}}"#,
                .allowed(Identity(subject: "a\"n", claims: Array(#"{"sub":"a\"n","tenant":7}"#.utf8)))
            ),
            (
                #"{"allow":true,"subject":"ann","variables":{"sub":7}}"#,
                .allowed(Identity(subject: "ann", claims: Array(#"{"sub":7}"#.utf8)))
            ),
            (
                #"{"allow":true,"topics":[],"scopes":[],"cache":"credential","more":{"a":1}}"#,
                .allowed(Identity(subject: nil, topics: .names([]), scopes: []))
            ),
            (
                #"{"allow":true,"variables":{"sub":"x","tenant":{"id":7}}}"#,
                .allowed(Identity(subject: nil, claims: Array(#"{"sub":"x","tenant":{"id":7}}"#.utf8)))
            ),
            (#"{"allow":true,"topics":["*"]}"#, .allowed(nothing)),
        ] as [(String, HookAnswer.Judgement)]
    )
    func `an answer is read`(text: String, judgement: HookAnswer.Judgement) throws {
        #expect(try Self.answer(text) == judgement)
    }

    @Test(arguments: [
        "", "null", "true", "[]", "{}", #"{"allow":1}"#, #"{"allow":"true"}"#, #"{"allow":null}"#,
        #"{"allow":true,"allow":true}"#, #"{"allow":true,"variables":{"a":1,"a":2}}"#, #"{"allow":true}x"#,
        #"{"allow":true,"topics":"a"}"#, #"{"allow":true,"topics":[1]}"#, #"{"allow":true,"topics":null}"#,
        #"{"allow":true,"scopes":"execute"}"#, #"{"allow":true,"scopes":["everything"]}"#,
        #"{"allow":true,"subject":7}"#, #"{"allow":true,"variables":[]}"#, #"{"allow":true,"cache":"always"}"#,
        #"{"allow":true,"expires":0}"#, #"{"allow":true,"expires":-1}"#, #"{"allow":true,"expires":"60"}"#,
        // A point in time, where seconds from now are meant, would be decades.
        #"{"allow":true,"expires":1790000000}"#, #"{"allow":true,"expires":1e999}"#,
        "{\"allow\":true,\"subject\":\"\u{1}\"}", #"{"allow":true,"subject":"\ud83d"}"#,
        #"{"allow":true}"# + String(repeating: " ", count: HookAnswer.maximumSize),
        #"{"allow":true,"more":"# + String(repeating: "[", count: 1000) + String(repeating: "]", count: 1000) + "}",
    ])
    func `what can't be read lets nobody in`(text: String) {
        #expect(throws: HookAnswer.Malformed.self) { try Self.answer(text) }
    }

    private static func question(
        _ credential: String? = "abc",
        kind: String? = "bearer",
        path: String = "/topics/a",
        payload: String? = nil
    ) -> HookQuestion {
        HookQuestion(
            credential: credential,
            kind: kind,
            path: path,
            origin: "https://a.example",
            peer: "127.0.0.1",
            topics: ["a", "b\"c"],
            payload: payload.map { Array($0.utf8) }
        )
    }

    @Test func `a question is a JSON object, and known by all of it or by its credential`() {
        let whole = Self.question(payload: #"{"x":1}"#)
        #expect(
            String(decoding: whole.body, as: UTF8.self)
                == #"{"credential":"abc","kind":"bearer","path":"/topics/a","origin":"https://a.example","#
                + #""peer":"127.0.0.1","topics":["a","b\"c"],"payload":{"x":1}}"#
        )
        let bare = Self.question(nil, kind: nil)
        #expect(String(decoding: bare.body, as: UTF8.self).hasPrefix(#"{"credential":null,"kind":null,"#))
        #expect(bare.credentialKey == nil)
        #expect(Self.question().key == Self.question().key)
        #expect(Self.question().key != Self.question(path: "/topics/b").key)
        #expect(Self.question().credentialKey == Self.question(path: "/topics/b").credentialKey)
        #expect(Self.question().credentialKey != Self.question(kind: "ticket").credentialKey)
        #expect(Self.question().credentialKey != Self.question("abd").credentialKey)
    }

    // What is kept.

    private static let listing = #"{"allow":true,"topics":["a"],"cache":"credential"}"#

    @Test(
        arguments: [
            (#"{"allow":true}"#, 1004.9, true), (#"{"allow":true}"#, 1005, false), (#"{"allow":true}"#, 999, false),
            (#"{"allow":false}"#, 1004.9, true), (#"{"allow":false}"#, 1005, false),
            (#"{"allow":true,"expires":2}"#, 1001.9, true), (#"{"allow":true,"expires":2}"#, 1002, false),
            (#"{"allow":true,"expires":60}"#, 1005, false),
        ] as [(String, Double, Bool)]
    )
    func `an answer counts for a while`(text: String, time: Double, isKnown: Bool) throws {
        var cache = HookCache()
        cache.insert(try HookAnswer(parsing: Array(text.utf8), at: 1000), to: Self.question(), at: 1000)
        #expect((cache.judgement(of: Self.question(), at: time) != nil) == isKnown)
        #expect(cache.judgement(of: Self.question(path: "/other"), at: 1000) == nil)
    }

    @Test func `the operator may let it count for longer, though never beyond its end, and refusals never`() throws {
        var limits = HookCache.Limits()
        limits.allowed = 600
        var cache = HookCache(limits: limits)
        func insert(_ text: String, _ question: HookQuestion) throws {
            cache.insert(try HookAnswer(parsing: Array(text.utf8), at: 1000), to: question, at: 1000)
        }
        try insert(#"{"allow":true}"#, Self.question("a"))
        try insert(#"{"allow":true,"expires":60}"#, Self.question("b"))
        try insert(#"{"allow":false}"#, Self.question("c"))
        #expect(cache.judgement(of: Self.question("a"), at: 1599) != nil)
        #expect(cache.judgement(of: Self.question("b"), at: 1059) != nil)
        #expect(cache.judgement(of: Self.question("b"), at: 1060) == nil)
        #expect(cache.judgement(of: Self.question("c"), at: 1005) == nil)
    }

    @Test(
        arguments: [
            (listing, true), (#"{"allow":true,"topics":["a"]}"#, false),
            (#"{"allow":true,"topics":["a"],"cache":"request"}"#, false),
            // It said nothing of other topics.
            (#"{"allow":true,"cache":"credential"}"#, false), (#"{"allow":false,"cache":"credential"}"#, true),
        ] as [(String, Bool)]
    )
    func `for a credential alone it counts only if it says so and lists all topics`(text: String, isKnown: Bool) throws
    {
        var cache = HookCache()
        cache.insert(try HookAnswer(parsing: Array(text.utf8), at: 1000), to: Self.question(), at: 1000)
        #expect((cache.judgement(of: Self.question(path: "/other"), at: 1000) != nil) == isKnown)
        #expect(cache.judgement(of: Self.question("another", path: "/other"), at: 1000) == nil)
        #expect(cache.judgement(of: Self.question(nil, kind: nil, path: "/other"), at: 1000) == nil)
    }

    @Test func `what is kept is bounded by number and by size`() throws {
        var limits = HookCache.Limits()
        (limits.capacity, limits.byteCapacity) = (10, 1000)
        var cache = HookCache(limits: limits)
        let large = #"{"allow":true,"subject":"\#(String(repeating: "x", count: 300))"}"#
        for text in [#"{"allow":true}"#, large] {
            for number in 0..<100 {
                let answer = try HookAnswer(parsing: Array(text.utf8), at: 1000)
                cache.insert(answer, to: Self.question("\(number)"), at: 1000)
                #expect(cache.judgement(of: Self.question("\(number)"), at: 1000) != nil)
                #expect(cache.count <= 20)
            }
        }
        #expect(cache.count <= 6)
        #expect(cache.judgement(of: Self.question("1"), at: 1000) == nil)
    }
}
