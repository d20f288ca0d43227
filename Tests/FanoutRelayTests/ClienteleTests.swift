import Fanout
import Testing

@testable import FanoutRelay

/// What is served to whom.
struct ClienteleTests {
    private static let routes: [Route] = [
        .graphQL, .topic(0), .document(0), .namedQuery(0), .documentQuery(0), .page(.dashboard), .page(.topics),
        .page(.metrics), .page(.state), .probe(.health), .probe(.readiness), .clientEnd(1),
        .missingTopic("m"), .missingQuery,
    ]

    @Test(arguments: [
        (Clientele.everybody, [true, true, true, true, true, true, true, true, true, true, true, false, true, true]),
        (.clients, [true, true, true, true, true, false, false, false, false, true, true, false, true, true]),
        (.operators, [false, true, true, false, false, true, true, true, true, true, true, true, true, false]),
    ])
    func `each has paths of its own`(clientele: Clientele, has: [Bool]) {
        #expect(Self.routes.map(clientele.has) == has)
    }

    @Test func `what isn't served is at no path, and each listener has its door`() {
        let topic = try? TopicDefinition(name: "m", document: "subscription { m }")
        var routes = Routes(statistics: Statistics(topics: ["m"], shards: 1), topics: [topic].compactMap(\.self))
        #expect(routes.route(at: "/metrics") == .page(.metrics) && routes.door(of: 3) == .clients)
        routes.clientele = .clients
        #expect(routes.route(at: "/metrics") == nil && routes.route(at: "/topics/m") == .topic(0))
        routes.clientele = .operators
        routes.doors = [.operators(isOpen: true), .operators(isOpen: false)]
        #expect(routes.route(at: "/graphql") == nil && routes.route(at: "/topics/m") == .topic(0))
        #expect((0...1).map(routes.door) == routes.doors)
    }
}
