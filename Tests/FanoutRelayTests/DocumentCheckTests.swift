import AccessTokens
import AllowedDocuments
import Fanout
import GraphQLSession
import Testing

@testable import FanoutRelay

/// Which documents a relay doesn't start with.
struct DocumentCheckTests {
    private static let orders = "subscription($u: ID!) { orders(u: $u) }"
    private static let two = "query A($v: ID!) { a(v: $v) } query B($v: ID!) { b(v: $v) }"

    private static func document(
        _ name: String,
        _ text: String = orders,
        operation: String? = nil,
        _ rules: [String: VariableRule] = ["u": .free]
    ) throws -> AllowedDocument {
        try AllowedDocument(name: name, document: text, operationName: operation, rules: rules)
    }

    private static func check(
        _ documents: [AllowedDocument],
        topics: [TopicDefinition] = [],
        queries: [NamedQuery] = [],
        isOpen: Bool = true
    ) throws {
        let upstream = try Endpoint(parsing: "ws://localhost:1/")
        var configuration = Configuration(upstream: upstream, topics: topics, shards: 1)
        configuration.documents = documents
        configuration.namedQueries = queries
        if !isOpen { configuration.authorizer = Authorizer(verifier: TokenVerifier()) }
        try configuration.check()
    }

    private static func problem(_ body: () throws -> Void) -> String {
        do {
            try body()
            return ""
        } catch {
            return "\(error)"
        }
    }

    @Test func `documents alone are enough to serve`() throws {
        try Self.check([try Self.document("orders")])
        #expect(Self.problem { try Self.check([]) }.contains("no topic is given"))
    }

    @Test func `each has a name of its own, also among topics and queries`() throws {
        let topic = try TopicDefinition(name: "orders", document: "subscription { a }")
        let query = try NamedQuery(name: "orders", document: "{ a }")
        let other = try Self.document("orders", "subscription { b }", [:])
        let orders = try Self.document("orders")
        #expect(Self.problem { try Self.check([orders, other]) } == "document 'orders': it is given twice")
        for message in [
            Self.problem { try Self.check([orders], topics: [topic]) },
            Self.problem { try Self.check([orders], queries: [query]) },
        ] {
            #expect(message == "document 'orders': a topic or a query has the same name")
        }
    }

    @Test func `and an operation of its own`() throws {
        let same = try Self.document("mine", "# mine\n\(Self.orders)")
        let problem = Self.problem { try Self.check([try Self.document("orders"), same]) }
        #expect(problem == "document 'mine': an earlier one is the same operation")
        let a = try Self.document("a", Self.two, operation: "A", ["v": .free])
        let b = try Self.document("b", Self.two, operation: "B", ["v": .free])
        try Self.check([a, b])
    }

    @Test func `where nobody shows a token nothing is bound to a claim`() throws {
        let bound = try Self.document("orders", Self.orders, ["u": .claim("sub")])
        #expect(Self.problem { try Self.check([bound]) }.contains("claim:sub, and nobody is asked for a token"))
        try Self.check([bound], isOpen: false)
    }

    @Test func `a named query doesn't leave a bound variable to everybody`() throws {
        let text = "query($u: ID!) { me(u: $u) }"
        let bound = try Self.document("me", text, ["u": .claim("sub")])
        let named = try NamedQuery(name: "whoever", document: "query ($u: ID!,) {me(u:$u)}")
        let problem = Self.problem { try Self.check([bound], queries: [named], isOpen: false) }
        #expect(problem.hasPrefix("query 'whoever': it is the document 'me'"))
        try Self.check([try Self.document("me", text)], queries: [named])
    }

    @Test func `the claims that are kept are those that are bound`() throws {
        var configuration = Configuration(upstream: try Endpoint(parsing: "ws://localhost:1/"), topics: [], shards: 1)
        configuration.documents = [
            try Self.document("a", Self.orders, ["u": .claim("sub")]),
            try Self.document("b", Self.orders, ["u": .claim("org.id")]),
            try Self.document("c", Self.orders, ["u": .claim("sub")]), try Self.document("d"),
        ]
        #expect(configuration.boundClaims == ["org.id", "sub"])
        #expect(!configuration.runsQueries)
        configuration.documents.append(try Self.document("q", "query { a }", [:]))
        #expect(configuration.runsQueries)
    }
}
