import AllowedDocuments
import ArgumentParser
import Fanout
import FanoutRelay
import GraphQLSession
import Testing

@testable import FanoutRelayCommand

struct DocumentOptionsTests {
    private static let orders = "subscription($u: ID!, $n: Int = 5) { orders(u: $u, n: $n) }"

    private static func parse(_ documents: [String], _ variables: [String]) throws -> DocumentOptions {
        try DocumentOptions.parse(
            documents.flatMap { ["--allow-document", $0] } + variables.flatMap { ["--document-variable", $0] }
        )
    }

    private static func summaries(_ documents: [String], _ variables: [String]) throws -> [String] {
        try parse(documents, variables).documents().map { "\($0.name): \($0.summary)" }
    }

    @Test(
        arguments: [
            (["orders.u=claim:sub"], "subscription, u = claim:sub, n by its default"),
            (["orders.u=claim:https://a.b/c=d", "orders.n=free"], "subscription, u = claim:https://a.b/c=d, n free"),
            (["orders.n=7", #"orders.u="free""#], #"subscription, u = "free", n = 7"#),
            (["orders.u=free"], "subscription, u free, n by its default"),
        ]
    )
    func `a variable is a claim, free, a value or its default`(variables: [String], summary: String) throws {
        #expect(try Self.summaries(["orders=\(Self.orders)"], variables) == ["orders: \(summary)"])
    }

    @Test func `a name may have dots, and an operation of several is named`() throws {
        let two = "query A($v: ID!) { a(v: $v) } mutation B { b }"
        let summaries = try Self.summaries(["v1.a:A=\(two)", "v1.b:B=\(two)"], ["v1.a.v=claim:sub"])
        #expect(summaries == ["v1.a: query, v = claim:sub", "v1.b: mutation, no variables"])
    }

    @Test(
        arguments: [
            (["orders"], [], "--allow-document 'orders': allowed: NAME=DOCUMENT"),
            (["or ders={ a }"], [], "--allow-document 'or ders': a document's name has 1 to 64"),
            (["orders={ a"], [], "--allow-document 'orders': unexpected end"),
            (["o={ a }", "o={ b }"], [], "--allow-document 'o': allowed: one for each name"),
            (
                ["o=query A { a } query B { b }"], [],
                "--allow-document 'o': its document holds several operations; allowed: "
            ),
            (
                ["o:C=query A { a } query B { b }"], [],
                "--allow-document 'o': The document holds no operation named \"C\""
            ),
            (["orders=\(orders)"], [], "--document-variable 'orders.u': it has the type ID! and no default"),
            (
                ["orders=\(orders)"], ["orders.x=free"],
                "--document-variable 'orders.x': the operation has no such variable; "
            ),
            (
                ["orders=\(orders)"], ["order.u=free"],
                "--document-variable 'order.u=free': allowed: the name of an --allow-"
            ),
            (
                ["orders=\(orders)"], ["u=free"],
                "--document-variable 'u=free': allowed: NAME.VARIABLE=claim:PATH, free or"
            ),
            (
                ["orders=\(orders)"], ["orders.u"],
                "--document-variable 'orders.u': allowed: NAME.VARIABLE=claim:PATH, free or"
            ),
            (
                ["orders=\(orders)"], ["orders.u=free", "orders.u=1"],
                "--document-variable 'orders.u=1': allowed: one for each"
            ),
            (
                ["orders=\(orders)"], ["orders.u=ann"],
                "--document-variable 'orders.u': its value is no JSON; allowed: claim:"
            ),
            (
                ["orders=\(orders)"], ["orders.u=claim:"],
                "--document-variable 'orders.u': the claim has no name; allowed: claim"
            ),
            (
                ["orders=\(orders)"], ["orders.u=1", "orders.n=claim:n"],
                "--document-variable 'orders.n': it has a default"
            ),
        ] as [([String], [String], String)]
    )
    func `what can't be ends the start with 64, in one line`(documents: [String], variables: [String], line: String) {
        let failure = #expect(throws: Failure.self) { try Self.summaries(documents, variables) }
        #expect(failure?.exitCode == 64)
        #expect(failure?.line.hasPrefix(line) == true, "\(failure?.line ?? "")")
        #expect(failure?.line.contains("\n") == false)
    }

    @Test func `a claim needs clients that show a token`() throws {
        let options = try Self.parse(["orders=\(Self.orders)"], ["orders.u=claim:sub"])
        var configuration = Configuration(upstream: try Endpoint(parsing: "ws://localhost:1/"), topics: [], shards: 1)
        let failure = #expect(throws: Failure.self) { try options.apply(to: &configuration, asksForTokens: false) }
        #expect(failure?.exitCode == 64)
        let line = "--document-variable 'orders.u=claim:sub': nobody is asked for a token; allowed: with --token-file"
        #expect(failure?.line.hasPrefix(line) == true)
        try options.apply(to: &configuration, asksForTokens: true)
        #expect(configuration.boundClaims == ["sub"])
    }

    @Test func `options of '*' are for the documents' topics too`() throws {
        let topics = try TopicOptions.parse(["--topic-option", "*:snapshot=last"])
        var demand = DemandPolicy()
        try topics.apply(to: &demand, hasDocuments: true)
        #expect(demand.snapshot == .last)
        #expect(throws: Failure.self) { try topics.apply(to: &demand, hasDocuments: false) }
    }

    @Test func `only what needs no claim and no client is tried at the server, and no mutation`() throws {
        let options = try Self.parse(
            [
                "a=subscription($u: ID!) { a(u: $u) }", "b=query($u: ID) { b(u: $u) }", "c=mutation { c }",
                "d=query($u: ID!) { d(u: $u) }",
            ],
            ["a.u=1", "b.u=free", "d.u=free"]
        )
        let candidates = try options.documents().compactMap(TopicTrial.Candidate.init)
        #expect(candidates.map(\.name) == ["a", "b"])
        #expect(candidates[0].request.variables == Array(#"{"u":1}"#.utf8))
        let trial = TopicTrial(source: .document, name: "a", outcome: .completed)
        #expect(trial.line == "document a: accepted, and completed by the server")
    }
}
