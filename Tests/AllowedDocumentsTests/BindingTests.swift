import AllowedDocuments
import GraphQLTransport
import Testing

/// What a variable is that is bound to a claim, fixed, free, or its default.
struct BindingTests {
    private static func document(_ type: String, _ rule: VariableRule?) throws -> AllowedDocument {
        try AllowedDocument(
            name: "orders",
            document: "subscription($v: \(type)) { orders(v: $v) }",
            rules: rule.map { ["v": $0] } ?? [:]
        )
    }

    /// The variables that the server gets, or why the client gets nothing.
    private static func outcome(
        _ type: String,
        _ rule: VariableRule?,
        claim: String? = nil,
        given: String? = nil
    ) throws -> String {
        let document = try document(type, rule)
        do throws(DocumentRefusal) {
            let operation = try document.compose(given.map { Array($0.utf8) }) { path in
                path == "c" ? claim.map { Array($0.utf8) } : nil
            }
            return operation.request.variables.map { String(decoding: $0, as: UTF8.self) } ?? "none"
        } catch {
            return error.reason.rawValue
        }
    }

    private static let claims: [(kind: String, json: String?)] = [
        ("absent", nil), ("null", "null"), ("empty", #""""#), ("text", #""ann""#), ("escaped", #""\u0061nn""#),
        ("digits", #""42""#), ("whole", "42"), ("long", "4294967296"), ("fraction", "4.5"), ("power", "4e2"),
        ("true", "true"), ("object", #"{"a":1}"#), ("array", #"["ann"]"#), ("huge", "1e999"), ("half", #""\uD83D""#),
        ("broken", "ann"),
    ]

    /// What each type makes of each claim; what isn't listed is refused for its type.
    private static let values: [String: [String: String]] = [
        "ID": [
            "text": #""ann""#, "escaped": #""ann""#, "digits": #""42""#, "whole": #""42""#, "long": #""4294967296""#,
        ],
        "String": ["text": #""ann""#, "escaped": #""ann""#, "digits": #""42""#],
        "Int": ["whole": "42"],
        "Float": ["whole": "42", "long": "4294967296", "fraction": "4.5", "power": "4e2"],
        "Boolean": ["true": "true"],
        "Region": [
            "text": #""ann""#, "escaped": #""ann""#, "digits": #""42""#, "whole": "42", "long": "4294967296",
            "fraction": "4.5", "power": "4e2", "true": "true", "huge": "1e999",
        ],
    ]

    @Test(arguments: values.keys.sorted(), ["", "!"])
    func `a claim takes the declared type, or refuses`(type: String, mark: String) throws {
        for (kind, json) in Self.claims {
            let outcome = try Self.outcome(type + mark, .claim("c"), claim: json)
            let expected: String
            if ["absent", "null"].contains(kind) {
                expected = "claim_missing"
            } else if kind == "empty", Self.values[type]?["text"] != nil {
                expected = "claim_missing"
            } else {
                expected = Self.values[type]?[kind].map { #"{"v":\#($0)}"# } ?? "claim_type"
            }
            #expect(outcome == expected, "\(type)\(mark) \(kind)")
        }
    }

    @Test(arguments: [
        ("ID!", "42", #"{"v":"42"}"#, true), ("ID!", "42", #"{"v":42}"#, true), ("ID!", #""42""#, #"{"v":42}"#, true),
        ("ID!", #""ann""#, #"{"v":"\u0061nn"}"#, true), ("ID!", #""ann""#, #"{"\u0076":"ann"}"#, true),
        ("ID!", #""ann""#, #"{"v":"ben"}"#, false), ("ID!", #""ann""#, #"{"v":"ANN"}"#, false),
        ("ID!", #""ann""#, #"{"v":null}"#, false), ("ID!", #""ann""#, #"{"v":["ann"]}"#, false),
        ("ID!", #""ann""#, #"{"v":"ann "}"#, false), ("ID!", #""é""#, "{\"v\":\"e\u{301}\"}", false),
        ("ID", "42", #"{"v":42.0}"#, false), ("Int", "42", #"{"v":42.0}"#, true), ("Int", "42", #"{"v":"42"}"#, false),
        ("Float", "4.5", #"{"v":45e-1}"#, true), ("Float", "4.5", #"{"v":4.50}"#, true),
        ("Float", "0", #"{"v":-0.0}"#, true), ("Float", "1", #"{"v":-1}"#, false), ("Float", "1", #"{"v":10}"#, false),
        ("Float", "1", #"{"v":1e99999999999}"#, false), ("Boolean", "true", #"{"v":true}"#, true),
        ("Boolean", "true", #"{"v":false}"#, false), ("Boolean", "true", #"{"v":1}"#, false),
    ])
    func `a client may send what it is bound to, and nothing else`(
        type: String,
        claim: String,
        given: String,
        isTaken: Bool
    ) throws {
        let own = try Self.outcome(type, .claim("c"), claim: claim)
        let outcome = try Self.outcome(type, .claim("c"), claim: claim, given: given)
        #expect(outcome == (isTaken ? own : "variable_mismatch"), "\(given)")
        #expect(try Self.outcome(type, .claim("c"), claim: claim, given: "{}") == own)
    }

    @Test(arguments: [
        (#"{"w":1}"#, "unknown_variable"), (#"{"v":"ann","v":"ann"}"#, "malformed"),
        (#"{"v":"ann","\u0076":"ben"}"#, "malformed"), (#"{"v":{"a":1,"a":2}}"#, "malformed"),
        (#"{"v":"\uD83D"}"#, "malformed"), (#"{"V":"ann"}"#, "unknown_variable"),
        (#"{"$v":"ann"}"#, "unknown_variable"),
        (#"{"":1}"#, "unknown_variable"), ("[]", "malformed"), ("null", "malformed"), ("", "malformed"),
    ])
    func `other variables, and objects that readers read differently, are refused`(given: String, reason: String) throws
    {
        #expect(try Self.outcome("ID!", .claim("c"), claim: #""ann""#, given: given) == reason)
        #expect(try Self.outcome("ID!", .free, given: given) == reason)
    }

    @Test(arguments: [
        ("ID!", "{}", "missing_variable"), ("ID!", #"{"v":null}"#, "missing_variable"), ("ID", "{}", "none"),
        ("ID", #"{"v":null}"#, #"{"v":null}"#), ("ID! = 1", "{}", "none"), ("ID!", #"{"v": "a"}"#, #"{"v":"a"}"#),
        ("[In!]", #"{"v":[{"b":1, "a":"\u0061"}]}"#, #"{"v":[{"a":"a","b":1}]}"#),
    ])
    func `a free one is the client's, in the relay's spelling`(type: String, given: String, expected: String) throws {
        #expect(try Self.outcome(type, .free, given: given) == expected)
    }

    @Test(arguments: [
        ("Status!", #""OPEN""#, #"{"v":"OPEN"}"#, true), ("Status!", #""OPEN""#, #"{"v":"\u004fPEN"}"#, true),
        ("Status!", #""OPEN""#, #"{"v":"ALL"}"#, false), ("Int", "5", #"{"v":5.0}"#, true), ("Int", "null", "{}", true),
        ("Int", "null", #"{"v":null}"#, true), ("Int", "null", #"{"v":1}"#, false),
        ("In", #"{"a":[1,2],"b":{}}"#, #"{"v":{"b":{},"a":[1.0,2]}}"#, true),
        ("In", #"{"a":[1,2],"b":{}}"#, #"{"v":{"a":[2,1],"b":{}}}"#, false), ("ID! = 1", "2", #"{"v":1}"#, false),
    ])
    func `a fixed one is the operator's`(type: String, value: String, given: String, isTaken: Bool) throws {
        let own = try Self.outcome(type, .fixed(value))
        #expect(own == #"{"v":\#(value)}"#)
        #expect(try Self.outcome(type, .fixed(value), given: given) == (isTaken ? own : "variable_mismatch"))
    }

    @Test(arguments: [
        ("Int = 5", #"{"v":5}"#, true), ("Int = 5", #"{"v":5.0}"#, true), ("Int = 5", #"{"v":6}"#, false),
        ("Int = 5", #"{"v":null}"#, false), ("Status = OPEN", #"{"v":"OPEN"}"#, true),
        ("Status = OPEN", #"{"v":"ALL"}"#, false), (#"String = "a\u{1F600}\n\"""#, #"{"v":"a😀\n\""}"#, true),
        ("String = \"a\tb\"", #"{"v":"a\tb"}"#, true), (#"String = """ x """"#, #"{"v":"x"}"#, false),
        (#"String = """ x """"#, #"{"v":" x "}"#, true), ("Boolean = true", #"{"v":true}"#, true),
        ("[Int] = [1, # one\n 2]", #"{"v":[1,2]}"#, true), ("[Int] = []", #"{"v":[]}"#, true),
        ("In = {a: {b: null}, c: X}", #"{"v":{"c":"X","a":{"b":null}}}"#, true),
        ("In = {}", #"{"v":{}}"#, true), ("In = {}", #"{"v":{"a":1}}"#, false),
    ])
    func `one without a rule is its default, which the server knows`(type: String, given: String, isTaken: Bool) throws
    {
        #expect(try Self.outcome(type, nil) == "none")
        #expect(try Self.outcome(type, nil, given: given) == (isTaken ? "none" : "variable_mismatch"), "\(type)")
    }

    @Test(
        arguments: [
            ("ID!", nil, "has the type ID! and no default"), ("ID", nil, "has the type ID and no default"),
            ("ID! = 1", .claim("c"), "it has a default, which would stand in for a claim"),
            ("[ID!]!", .claim("c"), "a claim can't be bound to the type [ID!]!"),
            ("ID!", .claim(""), "the claim has no name"),
            ("ID!", .fixed("null"), "its type ID! has no null"), ("ID!", .fixed("ann"), "its value is no JSON"),
            ("ID!", .fixed(""), "its value is no JSON"), ("Int", .fixed(#""5""#), "its value isn't of the type Int"),
            ("Int", .fixed("5.5"), "its value isn't of the type Int"),
            ("Boolean!", .fixed("1"), "isn't of the type Boolean!"),
            ("String", .fixed("true"), "its value isn't of the type String"),
            ("In", .fixed(#"{"a":1,"a":2}"#), "no JSON"),
        ] as [(String, VariableRule?, String)]
    )
    func `a rule that can't be is refused with what can`(type: String, rule: VariableRule?, problem: String) {
        let error = #expect(throws: AllowedDocumentError.self) { try Self.document(type, rule) }
        #expect(error?.variable == "v")
        #expect(error?.problem.contains(problem) == true, "\(String(describing: error))")
        #expect(error?.problem.contains("; allowed: ") == true)
    }

    @Test(
        arguments: [
            ("or ders", "subscription { a }", nil, [:], "1 to 64 letters"),
            ("", "subscription { a }", nil, [:], "1 to 64"),
            ("orders", "subscription { a", nil, [:], "unexpected end"), ("orders", "", nil, [:], "operation"),
            ("orders", "query A { a } query B { b }", nil, [:], "several operations; allowed: NAME:OPERATION"),
            ("orders", "query A { a } query B { b }", "C", [:], "no operation named \"C\""),
            ("orders", "query { a }", nil, ["v": .free], "allowed: none"),
            ("orders", "query($w: Int) { a(w: $w) }", nil, ["v": .free], "allowed: w"),
            ("orders", "query($v: Int) { a }", nil, ["v": .claim("c")], "the variable $v is defined but not used"),
            // It is used by the other operation only.
            (
                "orders", "query A($v: ID) { ...F } query B($v: ID) { b(v: $v) } fragment F on Query { a }", "A",
                ["v": .claim("c")], "the variable $v is defined but not used"
            ),
        ] as [(String, String, String?, [String: VariableRule], String)]
    )
    func `a document that can't be allowed is refused`(
        name: String,
        document: String,
        operation: String?,
        rules: [String: VariableRule],
        problem: String
    ) {
        let error = #expect(throws: AllowedDocumentError.self) {
            try AllowedDocument(name: name, document: document, operationName: operation, rules: rules)
        }
        #expect(error?.description.contains(problem) == true, "\(String(describing: error))")
    }

    @Test func `a variable that fragments use is bound, and each operation has its own`() throws {
        let text = """
            query A($v: ID!) { ...F } query B($v: ID!, $w: Int = 3) { b(w: $w) { ...F } }
            fragment F on Query { a(v: $v) }
            """
        let a = try AllowedDocument(name: "a", document: text, operationName: "A", rules: ["v": .claim("c")])
        let b = try AllowedDocument(
            name: "b",
            document: text,
            operationName: "B",
            rules: ["v": .fixed("7"), "w": .free]
        )
        let first = try a.compose(nil) { _ in Array("1".utf8) }
        #expect(first.request.operationName == "A" && first.request.query == text)
        let second = try b.compose(Array(#"{"w":4}"#.utf8)) { _ in Array("1".utf8) }
        #expect(second.request.variables == Array(#"{"v":7,"w":4}"#.utf8))
        #expect(second.request.operationName == "B")
        #expect(a.claims == ["c"] && b.claims.isEmpty)
        #expect(a.summary == "query, v = claim:c" && b.summary == "query, v = 7, w free")
    }

    @Test func `a refusal tells nothing of a claim, and is one line`() throws {
        let document = try Self.document("ID!", .claim("c"))
        for given in [#"{"v":"ben"}"#, #"{"a\nb\u0000":1}"#, "[", "{}"] {
            for claim in [#""ann-secret""#, #"["ann-secret"]"#] {
                do throws(DocumentRefusal) {
                    _ = try document.compose(Array(given.utf8)) { _ in Array(claim.utf8) }
                } catch {
                    #expect(!error.message.contains("secret") && !error.message.contains("ben"))
                    #expect(error.message.utf8.allSatisfy { $0 >= 0x20 })
                }
            }
        }
    }

    @Test func `equal claims are one operation, however they are written, and others are others`() throws {
        let document = try Self.document("ID!", .claim("c"))
        let key = { (claim: String) in try document.compose(nil) { _ in Array(claim.utf8) }.key }
        #expect(try key("42") == key(#""42""#))
        #expect(try key(#""ann""#) == key(#""\u0061nn""#))
        #expect(try key(#""ann""#) != key(#""Ann""#))
        #expect(try key("\"\u{E9}\"") != key("\"e\u{301}\""))
    }
}
