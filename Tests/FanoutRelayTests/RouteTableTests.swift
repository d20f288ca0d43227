import Fanout
import GraphQLTransport
import Testing

@testable import FanoutRelay

struct RouteTableTests {
    private let table = RouteTable(
        topics: ["prices", "a/b", "graphql", "é"],
        queries: ["country", "prices"],
        documents: [
            ("orders", .subscription), ("me", .query), ("cancel", .mutation), ("prices", .subscription),
            ("prices", .query),
        ]
    )

    @Test(arguments: [
        ("/graphql", Route.graphQL), ("/topics/prices", .topic(0)), ("/topics/a/b", .topic(1)),
        ("/topics/graphql", .topic(2)), ("/topics/é", .topic(3)), ("/queries/country", .namedQuery(0)),
        ("/queries/prices", .namedQuery(1)), ("/topics/orders", .document(0)), ("/queries/me", .documentQuery(1)),
        ("/", .page(.dashboard)), ("/topics", .page(.topics)), ("/state", .page(.state)),
        ("/metrics", .page(.metrics)), ("/healthz", .probe(.health)), ("/readyz", .probe(.readiness)),
        ("/clients/7/close", .clientEnd(7)), ("/clients/4294967295/close", .clientEnd(.max)),
    ])
    func `each path leads to one thing`(path: String, route: Route) { #expect(table[path] == route) }

    @Test(arguments: [
        "", "//", "/graphql/", "/GraphQL", "graphql", "/topics/", "/queries", "/queries/", "/metrics/", "/healthz/x",
        "*",
        "/graphql?query=x", "/clients", "/clients/7", "/clients//close", "/clients/7/close/", "/clients/07/close",
        "/clients/+7/close", "/clients/-1/close", "/clients/4294967296/close", "x/clients/7/close",
    ])
    func `nothing is at any other path`(path: String) { #expect(table[path] == nil) }

    @Test(arguments: [
        "none", "prices/", "/prices", "country", "me", "cancel", "../graphql",
    ])
    func `a name that no topic has is known as that`(name: String) {
        #expect(table["/topics/\(name)"] == .missingTopic(name))
    }

    @Test(arguments: ["/queries/orders", "/queries/cancel", "/queries/none", "/queries/é", "/queries/me/"])
    func `a name that no query has is known as that`(path: String) { #expect(table[path] == .missingQuery) }

    @Test func `GraphQL is answered where GraphQL is asked`() {
        let graphQL: [Route] = [.graphQL, .namedQuery(0), .documentQuery(0), .missingQuery]
        #expect(!graphQL.contains { !$0.answersGraphQL })
        let others: [Route] = [
            .topic(0), .document(0), .missingTopic("none"), .page(.metrics), .clientEnd(1), .probe(.health),
        ]
        #expect(!others.contains { $0.answersGraphQL })
    }

    @Test func `without queries there are no paths of theirs`() {
        #expect(RouteTable(topics: ["a"])["/queries/a"] == .missingQuery)
    }
}
