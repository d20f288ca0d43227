internal import Synchronization
internal import WebSockets

/// The plain HTTP requests that every shard answers.
struct Routes: Sendable {
    let statistics: Statistics
    let topics: [TopicDefinition]
    var queries: [NamedQuery] = []
    /// Runs the queries; nil when there are none.
    var executor: Executor?

    /// Answers, at once or later; on the loop.
    func answer(_ exchange: HTTPExchange, on loop: EventLoop) {
        guard let executor, let named = queries.first(where: { exchange.path == "/queries/\($0.name)" }) else {
            return exchange.respond(response(to: exchange))
        }
        do {
            let request = try named.query.request(exchange.query.map { ($0.name, $0.value) })
            executor.run(request) { response in loop.execute { exchange.respond(response) } }
        } catch {
            exchange.respond(Executor.failure(error.description, status: 400))
        }
    }

    private func response(to exchange: HTTPExchange) -> HTTPResponse {
        switch exchange.path {
        case "/":
            return Dashboard.page
        case "/healthz":
            return .text("ok")
        case "/readyz":
            return Health(statistics).response
        case "/metrics":
            return HTTPResponse(
                contentType: "text/plain; version=0.0.4; charset=utf-8",
                body: Array(Metrics(statistics).text.utf8)
            )
        case "/topics":
            return TopicList.response(topics)
        case "/graphql":
            return .text("speak graphql-transport-ws over a WebSocket here", status: 426)
        case let path where topics.contains { path == "/topics/\($0.name)" }:
            return .text("open a WebSocket here, for example: python -m websockets ws://HOST\(path)", status: 426)
        default:
            return .text("not found", status: 404)
        }
    }
}
