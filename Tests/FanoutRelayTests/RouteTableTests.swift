import Fanout
import Testing

@testable import FanoutRelay

struct RouteTableTests {
    private let table = RouteTable(topics: ["prices", "a/b", "graphql", "é"], queries: ["country", "prices"])

    @Test(arguments: [
        ("/graphql", Route.graphQL), ("/topics/prices", .topic(0)), ("/topics/a/b", .topic(1)),
        ("/topics/graphql", .topic(2)), ("/topics/é", .topic(3)), ("/queries/country", .namedQuery(0)),
        ("/queries/prices", .namedQuery(1)), ("/", .page(.dashboard)), ("/topics", .page(.topics)),
        ("/metrics", .page(.metrics)), ("/healthz", .probe(.health)), ("/readyz", .probe(.readiness)),
    ])
    func `each path leads to one thing`(path: String, route: Route) { #expect(table[path] == route) }

    @Test(arguments: [
        "", "//", "/graphql/", "/GraphQL", "graphql", "/topics/", "/topics/none", "/topics/prices/", "/topics//prices",
        "/topics/country", "/queries", "/queries/", "/queries/none", "/queries/é", "/metrics/", "/healthz/x", "*",
        "/graphql?query=x", "/topics/../graphql",
    ])
    func `nothing is at any other path`(path: String) { #expect(table[path] == nil) }

    @Test func `GraphQL is answered where GraphQL is asked`() {
        let routes: [Route] = [.graphQL, .namedQuery(0), .topic(0), .page(.metrics), .probe(.health)]
        #expect(routes.map(\.answersGraphQL) == [true, true, false, false, false])
    }

    @Test func `without queries there are no paths of theirs`() {
        #expect(RouteTable(topics: ["a"])["/queries/a"] == nil)
    }
}
