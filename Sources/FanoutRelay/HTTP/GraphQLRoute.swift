internal import GraphQLTransport
internal import WebSockets

/// `/graphql` over plain HTTP: queries and mutations, by GraphQL over HTTP.
struct GraphQLRoute {
    /// Runs them; nil when the operator doesn't allow it.
    let executor: Executor?

    /// Answers, at once or later; on the loop.
    func answer(_ exchange: HTTPExchange, on loop: EventLoop) {
        let request = exchange.request
        if request.method != .post, request.parameter("query") == nil {
            return exchange.respond(.text("speak graphql-transport-ws over a WebSocket here", status: 426))
        }
        guard let executor else {
            return exchange.respond(
                Executor.failure(
                    "this relay executes no queries and mutations: its operator has to allow it (--allow-execute)",
                    status: 404
                )
            )
        }
        guard let mediaType = GraphQLMediaType(acceptedBy: AcceptHeader(request.accept)) else {
            let types = GraphQLMediaType.allCases.map(\.rawValue).joined(separator: " and ")
            return exchange.respond(Executor.failure("the media types served here are \(types)", status: 406))
        }
        let parameters: GraphQLParameters
        do {
            parameters = try GraphQLParameters(request)
        } catch {
            return exchange.respond(Executor.failure(error.message, status: error.status, mediaType))
        }
        do {
            switch try parameters.kind() {
            case .mutation where request.method != .post:
                let allow = QueryItem(name: "Allow", value: "POST")
                let message = "a mutation is sent by POST"
                return exchange.respond(Executor.failure(message, status: 405, mediaType, headers: [allow]))
            case .subscription:
                let message = "a subscription is joined over a WebSocket"
                return exchange.respond(Executor.failure(message, status: 400, mediaType))
            case .query, .mutation:
                let upstreamRequest = try parameters.request()
                executor.run(upstreamRequest, mediaType) { response in loop.execute { exchange.respond(response) } }
            }
        } catch {
            exchange.respond(Executor.failure("\(error)", status: mediaType.requestErrorStatus, mediaType))
        }
    }
}
