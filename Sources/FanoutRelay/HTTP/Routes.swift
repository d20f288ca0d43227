internal import Fanout
internal import GraphQLTransport
internal import Synchronization
internal import WebSockets
internal import Wire

/// The plain HTTP requests that every shard answers.
struct Routes: Sendable {
    let statistics: Statistics
    let topics: [TopicDefinition]
    let queries: [NamedQuery]
    var admission = Admission()
    /// Whether clients may run queries and mutations of their own.
    var allowsExecution = false
    /// Runs them; nil when there are none.
    var queryRunner: QueryRunner?
    private let table: RouteTable

    init(statistics: Statistics, topics: [TopicDefinition], queries: [NamedQuery] = []) {
        self.statistics = statistics
        self.topics = topics
        self.queries = queries
        table = RouteTable(topics: topics.map(\.name), queries: queries.map(\.name))
    }

    /// What is served at a path; nil when nothing is.
    func route(at path: String) -> Route? { table[path] }

    /// Answers, at once or later, on the loop; or says what stream of events is wanted.
    func answer(_ exchange: HTTPExchange, on loop: EventLoop) -> EventStreamRequest? {
        let route = route(at: exchange.path)
        let crossOrigin = CrossOrigin(admission: admission, answersGraphQL: route?.answersGraphQL == true)
        switch route {
        case .graphQL:
            guard crossOrigin.admit(exchange, methods: "GET, HEAD, OPTIONS, POST") else { return nil }
            return GraphQLRoute(queryRunner: allowsExecution ? queryRunner : nil).answer(exchange, on: loop)
        case .namedQuery(let place):
            guard crossOrigin.admit(exchange, methods: Self.readingMethods), isRead(exchange) else { return nil }
            run(queries[place], for: exchange, on: loop)
        case .topic(let place):
            guard crossOrigin.admit(exchange, methods: Self.readingMethods), isRead(exchange) else { return nil }
            if AcceptHeader(exchange.request.accept).names(GraphQLEvents.contentType) { return .topic(place) }
            exchange.respond(Self.hint(at: exchange.path))
        case .page(let page):
            guard crossOrigin.admit(exchange, methods: Self.readingMethods, isPage: true), isRead(exchange) else {
                return nil
            }
            exchange.respond(response(to: page))
        case .probe(let probe):
            guard isRead(exchange) else { return nil }
            exchange.respond(response(to: probe, isTrusted: crossOrigin.trusts(exchange.request)))
        case nil:
            if isRead(exchange) { exchange.respond(.text("not found", status: 404)) }
        }
        return nil
    }

    /// What a topic's path tells a plain request.
    private static func hint(at path: String) -> HTTPResponse {
        .text(
            "open a WebSocket here, for example: python -m websockets ws://HOST\(path)\n"
                + "or read server-sent events: curl -N -H 'Accept: text/event-stream' http://HOST\(path)",
            status: 426
        )
    }

    private static let readingMethods = "GET, HEAD, OPTIONS"

    /// Whether it is a GET or HEAD; every other one is answered 405.
    private func isRead(_ exchange: HTTPExchange) -> Bool {
        switch exchange.request.method {
        case .get, .head: return true
        case .options, .post:
            var response = HTTPResponse.text("only GET and HEAD are served here", status: 405)
            response.headers = [HTTPField(name: "Allow", value: Self.readingMethods)]
            exchange.respond(response)
            return false
        }
    }

    private func run(_ named: NamedQuery, for exchange: HTTPExchange, on loop: EventLoop) {
        guard let queryRunner else { return exchange.respond(.text("not found", status: 404)) }
        do {
            let request = try named.query.request(exchange.query.map { ($0.name, $0.value) })
            let operation = ExecutableOperation(
                request: request,
                kind: .query,
                isIncremental: named.query.isIncremental
            )
            queryRunner.run(operation, .json, for: exchange, on: loop)
        } catch {
            exchange.respond(RelayFailure(.badRequest, error.description).response())
        }
    }

    private func response(to page: Route.Page) -> HTTPResponse {
        switch page {
        case .dashboard: Dashboard.page
        case .topics: TopicList.response(topics)
        case .metrics:
            HTTPResponse(
                contentType: "text/plain; version=0.0.4; charset=utf-8",
                body: Array(Metrics(statistics).text.utf8)
            )
        }
    }

    /// What a balancer asks for; who may know no more is told the status only.
    private func response(to probe: Route.Probe, isTrusted: Bool) -> HTTPResponse {
        switch probe {
        case .health: .text("ok")
        case .readiness: Health(statistics).response(tellsInside: isTrusted)
        }
    }
}
