import GraphQLTransport
import Testing

@testable import Fanout

struct OperationIndexTests {
    private static let ticks = "subscription Ticks($n: Int) { tick(intervalMs: $n) { n at } }"

    /// The topics `ticks` (variables `{"n":1,"m":[]}`), `prices`, `both` and `marks`, and those that clients ask for.
    private struct Lookup {
        var index: OperationIndex
        var demand: TopicDemand

        init(allowsAny: Bool = false) throws {
            var topics = [
                try TopicDefinition(name: "ticks", document: ticks),
                try TopicDefinition(name: "prices", document: "subscription { prices { symbol, price } }"),
                try TopicDefinition(name: "both", document: "subscription A { a(x: \"é\") } subscription B { b }"),
                try TopicDefinition(
                    name: "marks",
                    document: "subscription A { a(x: \"e\u{301}\") } subscription B { b }"
                ),
            ]
            topics[0].variables = #"{"n":1,"m":[]}"#
            topics[2].operationName = "A"
            topics[3].operationName = "A"
            var policy = DemandPolicy()
            policy.allowsAnySubscription = allowsAny
            demand = TopicDemand(policy: policy)
            for topic in topics { demand.configure(try topic.key(), startsOnDemand: false) }
            index = OperationIndex(names: topics.map(\.name), outlines: try topics.map { try $0.outline() })
        }

        /// Asks as a client does, with a `subscribe` message; a topic that is wanted is there at once.
        mutating func find(
            _ query: String,
            _ name: String?,
            _ variables: String?,
            _ extensions: String? = nil
        ) throws -> Result<Slot, OperationRefusal> {
            var text: [UInt8] = Array(#"{"id":"1","type":"subscribe","payload":{"query":"#.utf8)
            JSONString.append(query, to: &text)
            if let name {
                text += Array(#","operationName":"#.utf8)
                JSONString.append(name, to: &text)
            }
            if let variables { text += Array((#","variables":"# + variables).utf8) }
            if let extensions { text += Array((#","extensions":"# + extensions).utf8) }
            text += Array("}}".utf8)
            let message = try MessageScanner.scan(text.span)
            guard let request = GraphQLRequest(message, in: text.span) else {
                return .failure(OperationRefusal(description: "no request"))
            }
            switch index.find(request, in: demand) {
            case .topic(let slot): return .success(slot)
            case .wanted(let key): return .success(demand.request(key, at: .zero).slot)
            case .refused(let refusal): return .failure(refusal)
            }
        }

        /// The topic that an operation joins.
        mutating func slot(of query: String, _ name: String?) throws -> Slot? { try? find(query, name, nil).get() }
    }

    struct Question: CustomTestStringConvertible {
        let query: String
        var name: String?
        var variables: String?
        /// A topic's place, or a part of the refusal.
        let answer: Answer
        var testDescription: String { "\(query) \(name ?? "") \(variables ?? "")" }

        enum Answer { case topic(Slot), refusal(String) }
    }

    @Test(arguments: [
        Question(query: ticks, variables: #"{"n":1,"m":[]}"#, answer: .topic(0)),
        Question(query: ticks, variables: #" { "m" : [ ] , "n" : 1 } "#, answer: .topic(0)),
        Question(query: ticks, name: "Ticks", variables: #"{"n":1,"m":[]}"#, answer: .topic(0)),
        Question(
            query: "subscription Ticks ( $n:Int ){tick(intervalMs:$n)\n# a comment\n{ n, at }}",
            variables: #"{"n":1,"m":[]}"#,
            answer: .topic(0)
        ),
        Question(query: ticks, answer: .refusal("no topic")),
        Question(query: ticks, variables: #"{"n":1}"#, answer: .refusal("no topic")),
        Question(query: ticks, variables: #"{"n":1.0,"m":[]}"#, answer: .refusal("no topic")),
        Question(query: ticks, name: "Other", variables: #"{"n":1,"m":[]}"#, answer: .refusal("no operation named")),
        Question(query: "subscription { prices { symbol price } }", answer: .topic(1)),
        Question(query: "subscription{prices{symbol price}}", variables: "{}", answer: .topic(1)),
        Question(query: "subscription{prices{symbol price}}", variables: "null", answer: .topic(1)),
        Question(
            query: "subscription { prices { price symbol } }",
            answer: .refusal(
                "the nearest is \"prices\", but at line 1, column 25 `price` stands, where the topic has `symbol`"
            )
        ),
        Question(query: "subscription { far { away } }", answer: .refusal("the nearest is \"prices\"")),
        // The name alone joins where there is no document.
        Question(query: "", name: "prices", answer: .topic(1)),
        Question(query: " # prices\n,\u{FEFF}", name: "prices", variables: "{}", answer: .topic(1)),
        Question(query: "", name: "ticks", answer: .topic(0)),
        Question(query: "", name: "ticks", variables: #"{"m":[],"n":1}"#, answer: .topic(0)),
        Question(
            query: "",
            name: "ticks",
            variables: #"{"n":2}"#,
            answer: .refusal(#"the topic "ticks" is asked for, but the variable "n" has another value"#)
        ),
        Question(query: "", name: "prices", variables: #"{"x":1}"#, answer: .refusal(#"the variable "x" isn't"#)),
        Question(query: "", name: "price", answer: .refusal(#"no topic of this relay is named "price""#)),
        Question(query: "subscription prices { anything }", name: "prices", answer: .refusal(#"nearest is "prices""#)),
        Question(query: "subscription both { anything }", name: "both", answer: .refusal(#"nearest is "both""#)),
        Question(query: "subscription { anything }", name: "prices", answer: .refusal("no operation named")),
        Question(query: "subscription {", name: "prices", answer: .refusal("unexpected end")),
        Question(query: "?", name: "prices", answer: .refusal("unexpected character")),
        Question(
            query: ticks,
            name: "Ticks",
            variables: #"{"n":1,"m":[3]}"#,
            answer: .refusal(#"the nearest is "ticks", but the variable "m" has another value"#)
        ),
        Question(query: "subscription A { a(x: \"é\") } subscription B { b }", name: "A", answer: .topic(2)),
        Question(query: "subscription A { a(x: \"e\u{301}\") } subscription B { b }", name: "A", answer: .topic(3)),
        Question(query: "subscription A { a(x: \"é\") } subscription B { b }", name: "B", answer: .refusal("no topic")),
        Question(query: "subscription A { a(x: \"é\") } subscription B { b }", answer: .refusal("must name one")),
        Question(query: "query { prices { symbol price } }", answer: .refusal("not a query")),
        Question(query: "mutation { prices { symbol price } }", answer: .refusal("not a mutation")),
        Question(query: "mutation prices { buy }", name: "prices", answer: .refusal("not a mutation")),
        Question(query: "{ prices { symbol price } }", answer: .refusal("not a query")),
        Question(query: "subscription {", answer: .refusal("")),
        Question(query: "", answer: .refusal("")),
    ])
    func `an operation joins the topic that it equals or names`(question: Question) throws {
        var lookup = try Lookup()
        // Twice, since the second answer comes out of what is remembered.
        for _ in 0..<2 {
            switch (try lookup.find(question.query, question.name, question.variables), question.answer) {
            case (.success(let found), .topic(let topic)): #expect(found == topic)
            case (.failure(let refusal), .refusal(let part)): #expect(refusal.description.contains(part))
            case (let other, _): Issue.record("\(other)")
            }
        }
    }

    @Test(arguments: [
        #"{"clientLibrary":{"name":"@apollo/client","version":"4.0.9"}}"#, #"{"relay":{"last":1},"x":[1]}"#, "{}",
    ])
    func `extensions have no say in what an operation joins, whatever is allowed`(extensions: String) throws {
        for allowsAny in [false, true] {
            var lookup = try Lookup(allowsAny: allowsAny)
            let prices = "subscription { prices { symbol price } }"
            let slots = [
                try lookup.find(prices, nil, nil, extensions).get(),
                try lookup.find("", "prices", nil, extensions).get(),
            ]
            #expect(slots == [1, 1])
            // Of clients' own operations neither.
            guard allowsAny else { continue }
            let own = try [extensions, nil, #"{"y":2}"#].map {
                try lookup.find("subscription { other }", nil, nil, $0).get()
            }
            #expect(own == [4, 4, 4])
        }
    }

    @Test func `where clients may bring their own, a topic's name gets nobody its data`() throws {
        var lookup = try Lookup(allowsAny: true)
        for (query, variables) in [
            ("subscription prices { prices { symbol price } }", nil),
            ("subscription prices { anything }", nil),
            ("subscription prices($n: Int) { prices(n: $n) { symbol } }", #"{"n":1}"#),
        ] {
            let slot = try lookup.find(query, "prices", variables).get()
            #expect(slot.index >= 4)
        }
        let unknown = try lookup.find("", "nowhere", nil)
        #expect(throws: OperationRefusal.self) { try unknown.get() }
    }

    @Test func `the extensions of a query go to the server, without those for the relay`() throws {
        var lookup = try Lookup()
        let found = try lookup.find("{ a }", nil, nil, #"{"relay":{"x":1}, "b":2,"a":1}"#)
        guard case .failure(let refusal) = found else {
            Issue.record("\(found)")
            return
        }
        let extensions = refusal.executable?.request.extensions.map { String(decoding: $0, as: UTF8.self) }
        #expect(extensions == #"{"a":1,"b":2}"#)
    }

    @Test func `texts in different Unicode normal forms are different operations`() throws {
        var lookup = try Lookup()
        let composed = "subscription A { a(x: \"é\") } subscription B { b }"
        let decomposed = "subscription A { a(x: \"e\u{301}\") } subscription B { b }"
        let slots = try [composed, decomposed, composed, decomposed].map { try lookup.slot(of: $0, "A") }
        #expect(slots == [2, 3, 2, 3])
    }

    @Test func `a bounded number of texts is remembered, and no long one`() throws {
        var lookup = try Lookup()
        for number in 0..<1500 {
            let slot = try lookup.slot(of: "subscription{prices{symbol price}} # \(number)", nil)
            #expect(slot == 1)
        }
        #expect((1...1000).contains(lookup.index.count))
        let count = lookup.index.count
        let long = try lookup.slot(
            of: "subscription{prices{symbol price}} #" + String(repeating: "x", count: 5000),
            nil
        )
        #expect(long == 1)
        for number in 0..<100 { _ = try lookup.find("subscription { unknown\(number) }", nil, nil) }
        #expect(lookup.index.count == count)
    }

    @Test func `what is remembered is forgotten with its topic`() throws {
        var lookup = try Lookup(allowsAny: true)
        let own = "subscription { own }"
        let first = try [own, own].map { try lookup.find($0, nil, nil).get() }
        #expect(first == [4, 4])
        lookup.demand.retire(4)
        let other = try lookup.find("subscription { other }", nil, nil).get()
        #expect(other == 4)
        let again = try lookup.find(own, nil, nil).get()
        #expect(again == 5)
    }

    @Test func `a topic of somebody's own is joined by an equal operation only where any is allowed`() throws {
        for allowsAny in [true, false] {
            var lookup = try Lookup(allowsAny: allowsAny)
            let query = "subscription { orders }"
            let document = try Document(parsing: query)
            let key = try OperationKey(document: document, operation: document.operations[0])
            let slot = lookup.demand.request(key, at: .zero).slot
            for _ in 1...2 {
                let found = try lookup.find(query, nil, nil)
                #expect((try? found.get()) == (allowsAny ? slot : nil))
            }
        }
    }

    @Test func `topics may stand in any slots, and one that is gone isn't found by a text that was known`() throws {
        let topics = [
            try TopicDefinition(name: "a", document: "subscription { a }"),
            try TopicDefinition(name: "b", document: "subscription { b }"),
            try TopicDefinition(name: "c", document: "subscription { c }"),
        ]
        var demand = TopicDemand()
        for topic in topics.prefix(2) { demand.configure(try topic.key(), startsOnDemand: false) }
        var index = OperationIndex(names: ["a", "b"], outlines: try topics.prefix(2).map { try $0.outline() })
        func find(_ query: String, _ name: String? = nil) throws -> String {
            switch index.find(try GraphQLRequest(query: query, operationName: name), in: demand) {
            case .topic(let slot): "\(slot.index)"
            case .wanted: "wanted"
            case .refused(let refusal): refusal.description
            }
        }
        #expect(try find("subscription { a }") == "0")
        demand.withdraw(0)
        #expect(demand.configure(try topics[2].key(), as: 9, startsOnDemand: false) == 0)
        // The index isn't made anew yet, and knows the text still.
        #expect(try find("subscription { a }").hasPrefix("no topic of this relay has this operation"))
        let outlines = try [topics[1], topics[2]].map { try $0.outline() }
        index = OperationIndex(names: ["b", "c"], outlines: outlines, slots: [1, 0])
        #expect(try find("subscription { c }") == "0")
        #expect(try find("", "c") == "0")
        #expect(try find("", "b") == "1")
        #expect(try find("", "a").hasSuffix("no topic of this relay is named \"a\""))
        #expect(try find("subscription { d }").contains("the nearest is"))
    }
}
