import GraphQLTransport
import Logging
import Testing
import WebSockets

@testable import Fanout
@testable import FanoutRelay

@Suite(.timeLimit(.minutes(1)))
struct OperationLookupTests {
    private static let ticks = "subscription Ticks($n: Int) { tick(intervalMs: $n) { n at } }"

    /// A shard of the topics `ticks` (variables `{"n":1,"m":[]}`), `prices` and `both`.
    private static func with(
        allowsAny: Bool = false,
        allowsExecution: Bool = false,
        _ body: (Shard) async throws -> Void
    ) async throws {
        var topics = [
            try TopicDefinition(name: "ticks", document: ticks),
            try TopicDefinition(name: "prices", document: "subscription { prices { symbol, price } }"),
            try TopicDefinition(name: "both", document: "subscription A { a(x: \"é\") } subscription B { b }"),
            try TopicDefinition(name: "marks", document: "subscription A { a(x: \"e\u{301}\") } subscription B { b }"),
        ]
        topics[0].variables = #"{"n":1,"m":[]}"#
        topics[2].operationName = "A"
        topics[3].operationName = "A"
        let loop = try EventLoop(name: "lookup", servesSockets: false)
        var policy = DemandPolicy()
        policy.allowsAnySubscription = allowsAny
        var routes = Routes(statistics: Statistics(topics: topics.map(\.name), shards: 1), topics: topics)
        routes.allowsExecution = allowsExecution
        let shard = Shard(
            on: loop,
            topics: try topics.map {
                ShardTopic(definition: $0, key: try $0.key(), epoch: "e", policy: LagPolicy())
            },
            demand: policy,
            admission: Admission(),
            routes: routes,
            statistics: ShardStatistics(),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
        do {
            try await body(shard)
        } catch {
            await loop.stop()
            throw error
        }
        await loop.stop()
    }

    struct Question: CustomTestStringConvertible {
        let query: String
        var name: String?
        var variables: String?
        /// A topic's place, or a part of the refusal.
        let answer: Answer
        var testDescription: String { "\(query) \(name ?? "") \(variables ?? "")" }

        enum Answer { case topic(Int), refusal(String) }
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
    func `an operation joins the topic that it equals or names`(question: Question) async throws {
        try await Self.with { shard in
            // Twice, since the second answer comes out of what is remembered.
            for _ in 0..<2 {
                switch (await shard.lookUp(question.query, question.name, question.variables), question.answer) {
                case (.success(let found), .topic(let topic)): #expect(found == topic)
                case (.failure(let refusal), .refusal(let part)): #expect(refusal.description.contains(part))
                case (let other, _): Issue.record("\(other)")
                }
            }
        }
    }

    @Test(arguments: [
        #"{"clientLibrary":{"name":"@apollo/client","version":"4.0.9"}}"#, #"{"relay":{"last":1},"x":[1]}"#, "{}",
    ])
    func `extensions have no say in what an operation joins, whatever is allowed`(extensions: String) async throws {
        for allowsAny in [false, true] {
            for allowsExecution in [false, true] {
                try await Self.with(allowsAny: allowsAny, allowsExecution: allowsExecution) { shard in
                    let query = "subscription { prices { symbol price } }"
                    #expect(try await shard.lookUp(query, nil, nil, extensions).get() == 1)
                    #expect(try await shard.lookUp("", "prices", nil, extensions).get() == 1)
                    // Of clients' own operations neither.
                    guard allowsAny else { return }
                    let other = "subscription { other }"
                    let place = try await shard.lookUp(other, nil, nil, extensions).get()
                    #expect(place == 4)
                    #expect(try await shard.lookUp(other, nil, nil, nil).get() == place)
                    #expect(try await shard.lookUp(other, nil, nil, #"{"y":2}"#).get() == place)
                }
            }
        }
    }

    @Test func `where clients may bring their own, a topic's name gets nobody its data`() async throws {
        try await Self.with(allowsAny: true) { shard in
            for (query, variables) in [
                ("subscription prices { prices { symbol price } }", nil),
                ("subscription prices { anything }", nil),
                ("subscription prices($n: Int) { prices(n: $n) { symbol } }", #"{"n":1}"#),
            ] {
                let place = try await shard.lookUp(query, "prices", variables).get()
                #expect(place >= 4)
            }
            let unknown = await shard.lookUp("", "nowhere", nil)
            #expect(throws: OperationRefusal.self) { try unknown.get() }
        }
    }

    @Test func `the extensions of a query go to the server, without those for the relay`() async throws {
        try await Self.with(allowsExecution: true) { shard in
            let found = await shard.lookUp("{ a }", nil, nil, #"{"relay":{"x":1}, "b":2,"a":1}"#)
            guard case .failure(let refusal) = found else {
                Issue.record("\(found)")
                return
            }
            #expect(
                refusal.executable?.request.extensions.map { String(decoding: $0, as: UTF8.self) } == #"{"a":1,"b":2}"#
            )
        }
    }

    @Test func `texts in different Unicode normal forms are different operations`() async throws {
        try await Self.with { shard in
            let composed = "subscription A { a(x: \"é\") } subscription B { b }"
            let decomposed = "subscription A { a(x: \"e\u{301}\") } subscription B { b }"
            for _ in 0..<2 {
                #expect(await shard.place(of: composed, "A") == 2)
                #expect(await shard.place(of: decomposed, "A") == 3)
            }
        }
    }

    @Test func `a bounded number of texts is remembered, and no long one`() async throws {
        try await Self.with { shard in
            for number in 0..<1500 {
                let query = "subscription{prices{symbol price}} # \(number)"
                #expect(await shard.place(of: query, nil) == 1)
            }
            #expect(await (1...1000).contains(shard.knownOperations.count))
            let count = await shard.knownOperations.count
            let long = "subscription{prices{symbol price}} #" + String(repeating: "x", count: 5000)
            #expect(await shard.place(of: long, nil) == 1)
            for number in 0..<100 { _ = await shard.lookUp("subscription { unknown\(number) }", nil, nil) }
            #expect(await shard.knownOperations.count == count)
        }
    }
}

extension Shard {
    /// The topic that an operation joins.
    fileprivate func place(of query: String, _ name: String?) -> Int? { try? lookUp(query, name, nil).get() }

    /// Asks as a client does, with a `subscribe` message.
    fileprivate func lookUp(
        _ query: String,
        _ name: String?,
        _ variables: String?,
        _ extensions: String? = nil
    ) -> Result<Int, OperationRefusal> {
        var text: [UInt8] = Array(#"{"id":"1","type":"subscribe","payload":{"query":"#.utf8)
        JSONString.append(query, to: &text)
        if let name {
            text += Array(#","operationName":"#.utf8)
            JSONString.append(name, to: &text)
        }
        if let variables { text += Array((#","variables":"# + variables).utf8) }
        if let extensions { text += Array((#","extensions":"# + extensions).utf8) }
        text += Array("}}".utf8)
        do {
            let message = try MessageScanner.scan(text.span)
            guard let request = GraphQLRequest(message, in: text.span) else {
                return .failure(OperationRefusal(description: "no request"))
            }
            return find(request, from: "192.0.2.1")
        } catch {
            return .failure(OperationRefusal(description: "no message: \(error)"))
        }
    }
}
