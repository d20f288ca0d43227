internal import Fanout
internal import GraphQLTransport
internal import Synchronization
internal import WebSockets
internal import Wire

/// The plain HTTP requests that every shard answers.
struct Routes: Sendable {
    let statistics: Statistics
    let topics: [TopicDefinition]
    var admission = Admission()
    var queries: [NamedQuery] = []
    /// Whether clients may run queries and mutations of their own.
    var allowsExecution = false
    /// Runs them; nil when there are none.
    var queryRunner: QueryRunner?

    /// Answers, at once or later, on the loop; or says what stream of events is wanted.
    func answer(_ exchange: HTTPExchange, on loop: EventLoop) -> EventStreamRequest? {
        let path = exchange.path
        let crossOrigin = CrossOrigin(admission: admission)
        if path == "/graphql" {
            guard crossOrigin.admit(exchange, methods: "GET, HEAD, OPTIONS, POST") else { return nil }
            return GraphQLRoute(queryRunner: allowsExecution ? queryRunner : nil).answer(exchange, on: loop)
        } else if let queryRunner, let named = queries.first(where: { path == "/queries/\($0.name)" }) {
            guard crossOrigin.admit(exchange, methods: Self.readingMethods), isRead(exchange) else { return nil }
            run(named, queryRunner, for: exchange, on: loop)
        } else if let topic = topics.first(where: { path == "/topics/\($0.name)" }) {
            guard crossOrigin.admit(exchange, methods: Self.readingMethods), isRead(exchange) else { return nil }
            if AcceptHeader(exchange.request.accept).names(GraphQLEvents.contentType) { return .topic(topic.name[...]) }
            exchange.respond(
                .text(
                    "open a WebSocket here, for example: python -m websockets ws://HOST\(path)\n"
                        + "or read server-sent events: curl -N -H 'Accept: text/event-stream' http://HOST\(path)",
                    status: 426
                )
            )
        } else if let page = Page(rawValue: path) {
            guard crossOrigin.admit(exchange, methods: Self.readingMethods, isPage: true), isRead(exchange) else {
                return nil
            }
            exchange.respond(response(to: page))
        } else if isRead(exchange) {
            exchange.respond(response(to: path, isTrusted: crossOrigin.trusts(exchange.request)))
        }
        return nil
    }

    /// What is for people and their tools.
    private enum Page: String {
        case dashboard = "/"
        case topics = "/topics"
        case metrics = "/metrics"
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

    private func run(_ named: NamedQuery, _ queryRunner: QueryRunner, for exchange: HTTPExchange, on loop: EventLoop) {
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

    private func response(to page: Page) -> HTTPResponse {
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

    /// What a balancer asks for, by any name; who may know no more is told the status only.
    private func response(to path: String, isTrusted: Bool) -> HTTPResponse {
        switch path {
        case "/healthz": .text("ok")
        case "/readyz": Health(statistics).response(tellsInside: isTrusted)
        default: .text("not found", status: 404)
        }
    }
}
