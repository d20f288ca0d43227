internal import Synchronization
internal import WebSockets

/// The plain HTTP requests that every shard answers.
struct Routes: Sendable {
    let statistics: Statistics
    let topics: [TopicDefinition]

    func response(to exchange: HTTPExchange) -> HTTPResponse {
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
