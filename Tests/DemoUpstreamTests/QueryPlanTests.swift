import Testing

@testable import DemoUpstream

struct QueryPlanTests {
    private func plan(
        _ query: String,
        _ variables: String? = nil,
        operationName: String? = nil
    ) throws(QueryError) -> QueryPlan {
        try QueryPlan(query: query, operationName: operationName, variables: variables.map { Array($0.utf8) })
    }

    @Test func `the standard arguments are the schema's`() throws {
        let plan = try plan("subscription { tick { n } }")
        #expect(plan.source == .tick(interval: .seconds(1), payload: 0, burst: 1))
        #expect(plan.selection == EventSelection(key: "tick", .object([.init(key: "n", leaf: .number)])))
        #expect(
            try self.plan("subscription { prices { symbol } }").source
                == .prices(symbols: EventSource.standardSymbols, interval: .milliseconds(250))
        )
        #expect(
            try self.plan("subscription { countdown(from: 3) }").source
                == .countdown(from: 3, interval: .milliseconds(50))
        )
    }

    @Test(
        arguments: [
            ("subscription { tick(intervalMs: 5, payloadBytes: 6, burst: 7) { n } }", nil),
            ("subscription { tick(burst: 7 payloadBytes: 6 intervalMs: 5) { n } }", nil),
            ("subscription($i: Int!) { tick(intervalMs: $i, payloadBytes: 6, burst: 7) { n } }", #"{"i": 5}"#),
            (
                "subscription($i: Int = 5, $b: Int) { tick(intervalMs: $i, payloadBytes: 6, burst: $b) { n } }",
                #"{"b":7}"#
            ),
            (
                "subscription($i: Int = 9) { tick(intervalMs: $i, payloadBytes: 6, burst: 7) { n } }",
                #"{"x":[{}],"i":5}"#
            ),
        ] as [(String, String?)]
    )
    func `equal arguments make equal sources`(query: String, variables: String?) throws {
        #expect(try plan(query, variables).source == .tick(interval: .milliseconds(5), payload: 6, burst: 7))
    }

    @Test func `null and absent variables stand for the standard value`() throws {
        let query = "subscription($b: Int) { tick(burst: $b) { n } }"
        for variables in [nil, "{}", #"{"b":null}"#, "null"] {
            #expect(try plan(query, variables).source == .tick(interval: .seconds(1), payload: 0, burst: 1))
        }
    }

    @Test(
        arguments: [
            (#"subscription { prices(symbols: ["A", "B2"]) { price } }"#, nil),
            (#"subscription($s: [String!]) { prices(symbols: $s) { price } }"#, #"{"s": ["A", "\u00422"]}"#),
        ] as [(String, String?)]
    )
    func `symbols are taken from lists`(query: String, variables: String?) throws {
        #expect(try plan(query, variables).source == .prices(symbols: ["A", "B2"], interval: .milliseconds(250)))
    }

    @Test(arguments: [
        "subscription { t: tick { b: at n a: n __typename } }",
        "subscription { ... { t: tick { b: at ... on Tick { n a: n } __typename } } }",
        "subscription { ...R } fragment R on Subscription { t: tick { ...F } } fragment F on Tick { b: at ...G __typename } fragment G on Tick { n a: n }",
        "subscription { t: tick { b: at n } t: tick { n a: n __typename } }",
    ])
    func `a selection keeps its order, keys and fragments`(query: String) throws {
        let members: [EventSelection.Member] = [
            .init(key: "b", leaf: .time), .init(key: "n", leaf: .number), .init(key: "a", leaf: .number),
            .init(key: "__typename", leaf: .typename("Tick")),
        ]
        #expect(try plan(query).selection == EventSelection(key: "t", .object(members)))
    }

    @Test func `the operation name selects among several operations`() throws {
        let query = "subscription A { tick { n } } query B { serverTime }"
        #expect(try plan(query, operationName: "B").source == .serverTime)
        #expect(throws: QueryError.self) { try plan(query) }
        #expect(throws: QueryError.self) { try plan(query, operationName: "C") }
    }

    @Test(arguments: [
        ("subscription { nope }", "Subscription has no field \"nope\""),
        ("subscription { __typename }", "Subscription has no field \"__typename\""),
        ("subscription { serverTime }", "Subscription has no field \"serverTime\""),
        ("{ tick { n } }", "Query has no field \"tick\""),
        ("{ version }", "Query has no field \"version\""),
        ("mutation { tick { n } }", "there are no mutations"),
        ("{ continent { name } }", "the argument \"code\" must be given"),
        ("{ continent(code: [1]) { name } }", "\"code\" must be an ID, not a list"),
        ("{ continent(code: \"EU\") }", "\"continent\" needs a selection of fields of Continent"),
        (
            "query ($code: Int) { continent(code: $code) { name } }",
            "the variable \"code\" of type \"Int\" doesn't fit \"code: ID!\""
        ),
        ("subscription { tick { n } manual { n } }", "an operation must select one field at the top"),
        ("subscription { tick }", "\"tick\" needs a selection of fields of Tick"),
        ("subscription { tick { m } }", "Tick has no field \"m\""),
        ("subscription { tick { n { a } } }", "\"n\" is a scalar and takes no selection"),
        ("subscription { tick { n(a: 1) } }", "Tick.n has no argument \"a\""),
        ("subscription { failing { n } }", "\"failing\" is a scalar and takes no selection"),
        ("subscription { tick { n n: at } }", "\"n\" stands for two different fields"),
        ("subscription { tick { n } tick(burst: 2) { n } }", "\"tick\" stands for two different fields"),
        ("subscription { tick(rate: 1) { n } }", "Subscription.tick has no argument \"rate\""),
        ("subscription { tick(burst: 1, burst: 1) { n } }", "a second argument named \"burst\" at line 1, column 31"),
        ("subscription { tick(burst: \"1\") { n } }", "\"burst\" must be an Int, not \"1\""),
        ("subscription { tick(burst: 1.0) { n } }", "\"burst\" must be an Int, not 1.0"),
        ("subscription { tick(burst: 99999999999) { n } }", "\"burst\" must be an Int, not 99999999999"),
        ("subscription { tick(burst: [1]) { n } }", "\"burst\" must be an Int, not a list"),
        ("subscription { tick(burst: {a: $x}) { n } }", "\"burst\" must be an Int, not an object"),
        ("subscription { tick(burst: 0) { n } }", "\"burst\" must be from 1 to 10000, not 0"),
        ("subscription { tick(intervalMs: -1) { n } }", "\"intervalMs\" must be from 0 to 3600000, not -1"),
        (
            "subscription { tick(burst: 10000, payloadBytes: 4194304) { n } }",
            "\"payloadBytes\" times \"burst\" must be at most 8388608"
        ),
        ("subscription { countdown }", "the argument \"from\" must be given"),
        ("subscription { countdown(from: null) }", "\"from\" must be an Int, not null"),
        ("subscription { prices(symbols: []) { price } }", "\"symbols\" must have from 1 to 32 elements"),
        ("subscription { prices(symbols: [\"A\", \"A\"]) { price } }", "\"symbols\" names something twice"),
        (
            "subscription { prices(symbols: [\"A\\n\"]) { price } }",
            "\"symbols\" must be made of up to 16 letters and digits, not \"A\\n\""
        ),
        ("subscription { tick(burst: $b) { n } }", "the variable \"b\" isn't defined"),
        ("subscription($b: Int!) { tick(burst: $b) { n } }", "the variable \"b\" must be given"),
        ("subscription($b: Int, $b: Int) { tick(burst: $b) { n } }", "a second variable named $b at line 1, column 24"),
        (
            "subscription($b: String) { tick(burst: $b) { n } }",
            "the variable \"b\" of type \"String\" doesn't fit \"burst: Int = 1\""
        ),
        (
            "subscription($f: Int) { countdown(from: $f) }",
            "the variable \"f\" of type \"Int\" doesn't fit \"from: Int!\""
        ),
        ("subscription { tick @skip(if: true) { n } }", "directives aren't served here"),
        ("subscription { tick { ...F } }", "there is no fragment \"F\""),
        ("subscription { tick { ...F } } fragment F on Price { n }", "a fragment on \"Price\" doesn't fit Tick"),
        ("subscription { tick { ... on Price { n } } }", "a fragment on \"Price\" doesn't fit Tick"),
        ("subscription { ...F } fragment F on Subscription { ...F }", "the fragment \"F\" contains itself"),
        (
            "subscription { tick { n } } fragment F on Tick { n } fragment F on Tick { n }",
            "a second fragment named \"F\" at line 1, column 63"
        ),
    ])
    func `an invalid request is answered in words`(query: String, message: String) {
        #expect(throws: QueryError(message)) { try plan(query) }
    }

    @Test func `variables of a wrong kind are refused`() {
        let query = "subscription($b: Int) { tick(burst: $b) { n } }"
        for value in ["\"1\"", "1.5", "true", "[1]", "{}", "1e2", "0", "4294967297"] {
            #expect(throws: QueryError.self) { try plan(query, #"{"b":\#(value)}"#) }
        }
    }

    @Test func `fragments that multiply are cut off`() {
        var query = "subscription { tick { ...F0 } } "
        for level in 0..<30 { query += "fragment F\(level) on Tick { ...F\(level + 1) ...F\(level + 1) } " }
        query += "fragment F30 on Tick { n }"
        #expect(throws: QueryError("the selection is too large")) { try plan(query) }
    }

    @Test func `the deepest document that is taken is refused without a crash`() {
        let depth = 190
        let lists = String(repeating: "[", count: depth) + "1" + String(repeating: "]", count: depth)
        #expect(throws: QueryError.self) { try plan("subscription { tick(burst: \(lists)) { n } }") }
        let nested = String(repeating: "{ a ", count: depth) + String(repeating: "}", count: depth)
        #expect(throws: QueryError.self) { try plan("subscription \(nested)") }
        let inline = String(repeating: "... { ", count: depth) + "tick { n }" + String(repeating: "}", count: depth)
        #expect(throws: Never.self) { try plan("subscription { \(inline) }") }
    }

    @Test func `no change of a byte makes the parser trap`() {
        let document = Array(
            "subscription S($i: Int = 5, $s: [String!]) { ...F p: prices(symbols: $s, intervalMs: $i) { price } }".utf8
        )
        let variables = Array(#"{"s":["A","B\u0041"],"i":{"a":[1,null]},"x":"\\"}"#.utf8)
        var outcomes = 0
        for byte in UInt8(0x20)...0x7E {
            for index in document.indices {
                var changed = document
                changed[index] = byte
                outcomes += attempt(String(decoding: changed, as: UTF8.self), variables)
            }
            for index in variables.indices {
                var changed = variables
                changed[index] = byte
                outcomes += attempt("subscription($s: [String!]) { prices(symbols: $s) { price } }", changed)
            }
        }
        #expect(outcomes > 0)
    }

    private func attempt(_ query: String, _ variables: [UInt8]) -> Int {
        do {
            _ = try QueryPlan(query: query, operationName: nil, variables: variables)
            return 1
        } catch {
            return 0
        }
    }
}
