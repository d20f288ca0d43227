import GraphQLTransport
import Testing

/// Which operation on offer is nearest to a client's, and what the client is told of the difference.
@Suite struct OperationOutlineTests {
    private struct Offer {
        let document: String
        var name: String?
        var variables: String?

        init(_ document: String, name: String? = nil, variables: String? = nil) {
            self.document = document
            self.name = name
            self.variables = variables
        }

        func outline() throws -> OperationOutline {
            let document = try Document(parsing: document)
            let operation = try document.operation(named: name)
            return try OperationOutline(document: document, operation: operation, variables: variables?.bytes)
        }
    }

    private static let offers = [
        Offer("subscription { tick(intervalMs: 77) { n at } }"),
        Offer("subscription { prices { symbol price } }"),
        Offer("subscription Of($symbol: ID!) { price(of: $symbol) { at value } }", variables: #"{"symbol":"SECRET"}"#),
        Offer(
            "subscription Of($symbol: ID!) { price(of: $symbol) { at value } }",
            variables: #"{"symbol":"HIDDEN","venue":"X"}"#
        ),
        Offer("subscription A { a(x: \"SECRET\" y: HIDDEN) { z } } subscription B { b }", name: "A"),
        Offer(
            "subscription { room(filter: {owner: \"SECRET\", in: [1 2]}) @live(if: true) { ...F } } fragment F on Room { id }"
        ),
    ]

    struct Question: CustomTestStringConvertible {
        let document: String
        var name: String?
        var variables: String?
        let nearest: Int
        let difference: String
        var testDescription: String { "\(document) \(variables ?? "")" }
    }

    @Test(arguments: [
        // What Apollo Client adds.
        Question(
            document: "subscription {\n  prices {\n    symbol\n    price\n    __typename\n  }\n}",
            nearest: 1,
            difference: "at line 5, column 5 `__typename` stands, where the topic has `}`"
        ),
        Question(
            document: "subscription OnPrices { prices { symbol price } }",
            nearest: 1,
            difference: "at line 1, column 14 `OnPrices` stands, where the topic has `{`"
        ),
        Question(
            document: "subscription { prices { price symbol } }",
            nearest: 1,
            difference: "at line 1, column 25 `price` stands, where the topic has `symbol`"
        ),
        Question(
            document: "subscription { prices { symbol } }",
            nearest: 1,
            difference: "at line 1, column 32 `}` stands, where the topic has `price`"
        ),
        Question(
            document: "subscription { prices { symbol price } ...F } fragment F on T { prices { x } }",
            nearest: 1,
            difference: "at line 1, column 40 `...` stands, where the topic has `}`"
        ),
        // Values of the operator's aren't told, whatever kind they have.
        Question(
            document: "subscription { tick(intervalMs: 78) { n at } }",
            nearest: 0,
            difference: "at line 1, column 33 `78` stands, which isn't so in the topic's document"
        ),
        Question(
            document: "subscription { tick { n at } }",
            nearest: 0,
            difference: "at line 1, column 21 `{` stands, where the topic has `(`"
        ),
        Question(
            document: "subscription A { a(x: \"\" y: HIDDEN) { z } } subscription B { b }",
            name: "A",
            nearest: 4,
            difference: "at line 1, column 23 `\"\"` stands, which isn't so in the topic's document"
        ),
        Question(
            document: "subscription A { a(x: \"SECRET\" y: OTHER) { z } } subscription B { b }",
            name: "A",
            nearest: 4,
            difference: "at line 1, column 35 `OTHER` stands, which isn't so in the topic's document"
        ),
        Question(
            document:
                "subscription { room(filter: {owner: \"ME\", in: [1 2]}) @live(if: true) { ...F } } fragment F on Room { id }",
            nearest: 5,
            difference: "at line 1, column 37 `\"ME\"` stands, which isn't so in the topic's document"
        ),
        Question(
            document:
                "subscription { room(filter: {owner: \"SECRET\", in: [1 2]}) @live(if: false) { ...F } } fragment F on Room { id }",
            nearest: 5,
            difference: "at line 1, column 69 `false` stands, which isn't so in the topic's document"
        ),
        Question(
            document:
                "subscription { room(filter: {owner: \"SECRET\", in: [1 2]}) @dead(if: true) { ...F } } fragment F on Room { id }",
            nearest: 5,
            difference: "at line 1, column 60 `dead` stands, where the topic has `live`"
        ),
        // The document is the same.
        Question(
            document: "subscription A { a(x: \"SECRET\" y: HIDDEN) { z } } subscription B { b }",
            name: "B",
            nearest: 4,
            difference: "operationName selects another operation of the same document"
        ),
        Question(
            document: "subscription Of($symbol: ID!) { price(of: $symbol) { at value } }",
            variables: #"{"symbol":"mine"}"#,
            nearest: 2,
            difference: #"the variable "symbol" has another value"#
        ),
        Question(
            document: "subscription Of($symbol: ID!) { price(of: $symbol) { at value } }",
            variables: #"{"venue":"X"}"#,
            nearest: 3,
            difference: #"the variable "symbol" is missing"#
        ),
        Question(
            document: "subscription Of($symbol: ID!) { price(of: $symbol) { at value } }",
            variables: #"{"symbol":"SECRET","zone":1}"#,
            nearest: 2,
            difference: #"the variable "zone" isn't one of the topic's"#
        ),
        Question(
            document: "subscription { prices { symbol price } }",
            variables: #"{"x":null}"#,
            nearest: 1,
            difference: #"the variable "x" isn't one of the topic's"#
        ),
        // What is long is cut within its quotes.
        Question(
            document: "subscription { prices { symbol price } }",
            variables: #"{"\#(String(repeating: "x", count: 59))":null}"#,
            nearest: 1,
            difference: "the variable \"\(String(repeating: "x", count: 59))…\" isn't one of the topic's"
        ),
        Question(
            document: "subscription { prices { symbol price } }",
            variables: #"{"\#(String(repeating: "x", count: 58))":null}"#,
            nearest: 1,
            difference: "the variable \"\(String(repeating: "x", count: 58))\" isn't one of the topic's"
        ),
        // Nothing like it: some topic is named all the same.
        Question(
            document: "# far away\r\nsubscription Far { away }",
            nearest: 1,
            difference: "at line 2, column 14 `Far` stands, where the topic has `{`"
        ),
    ])
    func `the nearest operation and the first difference are named, and no value of the operator's`(
        question: Question
    ) throws {
        let offers = try Self.offers.map { try $0.outline() }
        let asked = try Offer(question.document, name: question.name, variables: question.variables).outline()
        let place = try #require(asked.nearest(among: offers))
        #expect(place == question.nearest)
        let source = question.document.bytes
        let difference = try #require(OperationDifference(of: source, asked, from: offers[place]))
        #expect("\(difference)" == question.difference)
        // Whichever it is compared with, no more is told than the client has said itself.
        for (offer, outline) in zip(Self.offers, offers) {
            let text = OperationDifference(of: source, asked, from: outline).map { "\($0)" } ?? ""
            for secret in ["SECRET", "HIDDEN", "77"] where !question.document.contains(secret) {
                #expect(!text.contains(secret), "\(offer.document)")
            }
        }
    }

    @Test func `an operation differs from none that equals it`() throws {
        for offer in Self.offers {
            let (outline, spaced) = (try offer.outline(), offer.document.replacing(" ", with: " , "))
            let same = try Offer(spaced, name: offer.name, variables: offer.variables).outline()
            #expect(OperationDifference(of: spaced.bytes, same, from: outline) == nil)
        }
        let first = try Self.offers[0].outline()
        #expect(first.nearest(among: []) == nil)
    }

    @Test func `a document that ends early differs where it ends`() throws {
        let offer = try Offer("subscription A { a } subscription B { b }", name: "A").outline()
        let asked = try Offer("subscription A { a }").outline()
        let difference = OperationDifference(of: "subscription A { a }".bytes, asked, from: offer)
        #expect(difference?.place == .document(line: 1, column: 21, token: nil))
        #expect(
            difference.map { "\($0)" }
                == "at line 1, column 21 the document ends, where the topic has `subscription`"
        )
    }

    @Test func `what a client sent is told of in a bounded length, in whole characters`() throws {
        let offer = try Offer("subscription { a }").outline()
        let long = String(repeating: "x", count: 100_000)
        for (document, variables) in [
            ("subscription { \(long) }", nil),
            ("subscription { a(x: \"\(String(repeating: "é😀", count: 9999))\") }", nil),
            ("subscription { a }", "{\"\(long)\":1}"),
        ] {
            let asked = try Offer(document, variables: variables).outline()
            let text = try #require(OperationDifference(of: document.bytes, asked, from: offer).map { "\($0)" })
            #expect(text.utf8.count < 400)
            #expect(!text.unicodeScalars.contains("\u{FFFD}"))
        }
    }

    @Test func `a search ends with its limit, however many operations there are and however long they are`() throws {
        let fields = (0..<5000).map { "f\($0)" }.joined(separator: " ")
        let far = try Offer("subscription { a { \(fields) } }").outline()
        let near = try Offer("subscription { a { \(fields) g } }").outline()
        let document = "subscription { a { \(fields) g h } }"
        let asked = try Offer(document).outline()
        #expect(asked.nearest(among: [far, near]) == 1)
        // The limit is in what is compared: two whole documents fit, the nearest one behind them doesn't any more.
        #expect(asked.nearest(among: [far, far, near], limit: 10_000) == 0)
        #expect(asked.nearest(among: [far, far, near], limit: 20_000) == 2)
        // One that doesn't end on its own.
        var looked = 0
        let endless = sequence(state: 0) { (_: inout Int) -> OperationOutline? in
            looked += 1
            return far
        }
        #expect(asked.nearest(among: endless) == 0)
        #expect(looked < 100)
        // A long token counts for its length, and a short operation for itself.
        let token = String(repeating: "y", count: 60_000)
        let heavy = try Offer("subscription { \(token) { a } }").outline()
        let heavier = try Offer("subscription { \(token) { b } }").outline()
        looked = 0
        let many = sequence(state: 0) { (_: inout Int) -> OperationOutline? in
            looked += 1
            return heavy
        }
        #expect(heavier.nearest(among: many) == 0)
        #expect(looked < 50)
    }

    @Test func `variables are compared in a bounded number, however many a client sends`() throws {
        let offer = try Offer("subscription { a }", variables: #"{"k5":5}"#).outline()
        let members = (0..<20_000).map { "\"k\($0)\":\($0)" }.joined(separator: ",")
        let asked = try Offer("subscription { a }", variables: "{\(members)}").outline()
        #expect(asked.nearest(among: repeatElement(offer, count: 10_000)) == 0)
    }
}
