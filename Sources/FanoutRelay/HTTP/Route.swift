internal import Fanout

/// What is served at a path.
enum Route: Equatable {
    /// `/graphql`: GraphQL over WebSockets, HTTP and server-sent events.
    case graphQL
    /// `/topics/NAME`: the events of the operator's topic with this index, over a WebSocket or as server-sent events.
    case topic(Slot)
    /// `/queries/NAME`: the operator's query with this index, over HTTP.
    case namedQuery(Int)
    /// Pages for people and their tools.
    case page(Page)
    /// Probes for load balancers, which may use any name of the relay.
    case probe(Probe)

    enum Page: String {
        case dashboard = "/"
        case topics = "/topics"
        case metrics = "/metrics"
    }

    enum Probe: String {
        case health = "/healthz"
        case readiness = "/readyz"
    }

    /// Whether refusals are written as GraphQL errors.
    var answersGraphQL: Bool {
        switch self {
        case .graphQL, .namedQuery: true
        case .topic, .page, .probe: false
        }
    }
}

/// Finds what is served at a path.
struct RouteTable: Sendable {
    private let topics: [String: Slot]
    private let queries: [String: Int]

    /// Makes the table for the names of topics and queries, in the order of their indices.
    init(topics: [String], queries: [String] = []) {
        self.topics = Dictionary(zip(topics, topics.indices.map { Slot($0) })) { first, _ in first }
        self.queries = Dictionary(zip(queries, queries.indices)) { first, _ in first }
    }

    /// The route of a path, decoded and without its query; nil when nothing is served there.
    subscript(path: String) -> Route? {
        if path == "/graphql" { return .graphQL }
        if path.hasPrefix("/topics/") {
            return topics[String(path.dropFirst("/topics/".count))].map(Route.topic)
        }
        if path.hasPrefix("/queries/") {
            return queries[String(path.dropFirst("/queries/".count))].map(Route.namedQuery)
        }
        return Route.Page(rawValue: path).map(Route.page) ?? Route.Probe(rawValue: path).map(Route.probe)
    }
}
