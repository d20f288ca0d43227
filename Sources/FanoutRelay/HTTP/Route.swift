internal import Fanout
internal import GraphQLTransport

/// What is served at a path.
enum Route: Equatable {
    /// `/graphql`: GraphQL over WebSockets, HTTP and server-sent events.
    case graphQL
    /// `/topics/NAME`: the events of this topic of the operator's, over a WebSocket or as server-sent events.
    case topic(TopicID)
    /// `/topics/NAME`: the same of the allowed subscription with this index.
    case document(Int)
    /// `/queries/NAME`: the operator's query with this index, over HTTP.
    case namedQuery(Int)
    /// `/queries/NAME`: the allowed query with this index, over HTTP.
    case documentQuery(Int)
    /// `/topics/NAME` of no topic: who may not have one of this name isn't told that there is none.
    case missingTopic(String)
    /// `/queries/NAME` of no query.
    case missingQuery
    /// Pages for people and their tools.
    case page(Page)
    /// `/clients/NUMBER/close`: ends the connection of the client with this number.
    case clientEnd(UInt32)
    /// Probes for load balancers, which may use any name of the relay.
    case probe(Probe)

    enum Page: String, CaseIterable {
        case dashboard = "/"
        case topics = "/topics"
        case metrics = "/metrics"
        case state = "/state"
    }

    enum Probe: String, CaseIterable {
        case health = "/healthz"
        case readiness = "/readyz"
    }

    /// Whether refusals are written as GraphQL errors.
    var answersGraphQL: Bool {
        switch self {
        case .graphQL, .namedQuery, .documentQuery, .missingQuery: true
        case .topic, .document, .missingTopic, .page, .clientEnd, .probe: false
        }
    }
}

/// Finds what is served at a path.
struct RouteTable: Sendable {
    private var routes: [String: Route] = ["/graphql": .graphQL]

    /// Makes the table for the names of topics, queries and allowed documents, in the order of their indices.
    ///
    /// Topics have the numbers of their places unless others are given.
    ///
    /// Of equal names the first one has the path. An allowed mutation has none.
    init(
        topics: [String],
        ids: [TopicID]? = nil,
        queries: [String] = [],
        documents: [(name: String, kind: Operation.Kind)] = []
    ) {
        for page in Route.Page.allCases { routes[page.rawValue] = .page(page) }
        for probe in Route.Probe.allCases { routes[probe.rawValue] = .probe(probe) }
        for (index, name) in topics.enumerated() { add("/topics/\(name)", .topic(ids?[index] ?? TopicID(index))) }
        for (index, name) in queries.enumerated() { add("/queries/\(name)", .namedQuery(index)) }
        for (index, document) in documents.enumerated() {
            switch document.kind {
            case .subscription: add("/topics/\(document.name)", .document(index))
            case .query: add("/queries/\(document.name)", .documentQuery(index))
            case .mutation: break
            }
        }
    }

    private mutating func add(_ path: String, _ route: Route) {
        if routes[path] == nil { routes[path] = route }
    }

    /// The route of a path, decoded and without its query; nil when nothing is served there.
    subscript(path: String) -> Route? { routes[path] ?? Self.clientEnd(path) ?? Self.missing(path) }

    /// What a path would be for if something of that name were offered.
    private static func missing(_ path: String) -> Route? {
        let (topics, queries) = ("/topics/", "/queries/")
        if path.hasPrefix(topics), path != topics { return .missingTopic(String(path.dropFirst(topics.count))) }
        return path.hasPrefix(queries) && path != queries ? .missingQuery : nil
    }

    /// The number of a client has one form, without signs and leading zeros.
    private static func clientEnd(_ path: String) -> Route? {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 4, parts[0].isEmpty, parts[1] == "clients", parts[3] == "close",
            let number = UInt32(parts[2]), "\(number)" == parts[2]
        else { return nil }
        return .clientEnd(number)
    }
}
