internal import Fanout

/// What is served at a path.
enum Route: Equatable {
    /// `/graphql`: GraphQL over WebSockets, HTTP and server-sent events.
    case graphQL
    /// `/topics/NAME`: the events of the operator's topic in this place, over a WebSocket or as server-sent events.
    case topic(Slot)
    /// `/queries/NAME`: a query of the operator's in this place, over HTTP.
    case namedQuery(Int)
    /// What is for people and their tools.
    case page(Page)
    /// What balancers ask for, by any name of the relay's.
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

    /// Whether what goes wrong is told in the form of GraphQL's errors.
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

    /// Of the names of topics and queries, in the order of their places.
    init(topics: [String], queries: [String] = []) {
        self.topics = Dictionary(zip(topics, topics.indices.map { Slot($0) })) { first, _ in first }
        self.queries = Dictionary(zip(queries, queries.indices)) { first, _ in first }
    }

    /// The route of a path that is decoded, without its query; nil when nothing is there.
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
