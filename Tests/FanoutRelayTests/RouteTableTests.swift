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
        "", "//", "/graphql/", "/GraphQL", "graphql", "/topics/", "/topics/none", "/topics/prices/", "/topics//prices",
        "/topics/country", "/topics/me", "/topics/cancel", "/queries/orders", "/queries/cancel", "/queries",
        "/queries/", "/queries/none", "/queries/é", "/metrics/", "/healthz/x", "*",
        "/graphql?query=x", "/topics/../graphql", "/clients", "/clients/7", "/clients//close", "/clients/7/close/",
        "/clients/07/close", "/clients/+7/close", "/clients/-1/close", "/clients/4294967296/close", "x/clients/7/close",
    ])
    func `nothing is at any other path`(path: String) { #expect(table[path] == nil) }

    @Test func `GraphQL is answered where GraphQL is asked`() {
        let routes: [Route] = [
            .graphQL, .namedQuery(0), .documentQuery(0), .topic(0), .document(0), .page(.metrics), .probe(.health),
            .clientEnd(1),
        ]
        #expect(routes.map(\.answersGraphQL) == [true, true, true, false, false, false, false, false])
    }

    @Test func `without queries there are no paths of theirs`() {
        #expect(RouteTable(topics: ["a"])["/queries/a"] == nil)
    }
}
