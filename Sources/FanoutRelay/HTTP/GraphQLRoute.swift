internal import GraphQLTransport
internal import WebSockets

/// `/graphql` over plain HTTP: queries and mutations by GraphQL over HTTP, subscriptions by GraphQL over SSE.
struct GraphQLRoute {
    /// Runs queries and mutations; nil when the operator doesn't allow it.
    let executor: Executor?

    /// What only distinct connections mode being served means for a client of the other one.
    static let modeHint = "GraphQL over SSE is served in distinct connections mode only"

    /// Answers, at once or later, on the loop; or says what subscription is to be joined.
    func answer(_ exchange: HTTPExchange, on loop: EventLoop) -> EventStreamRequest? {
        let request = exchange.request
        let accept = AcceptHeader(request.accept)
        let takesStream = accept.names(GraphQLEvents.contentType)
        let mediaType = GraphQLMediaType(acceptedBy: accept)
        if let refusal = refusal(of: request, takesStream, mediaType) {
            exchange.respond(refusal)
            return nil
        }
        let errorType = mediaType ?? .response
        do {
            let parameters = try GraphQLParameters(request)
            let kind: Operation.Kind
            do {
                kind = try parameters.kind()
            } catch {
                throw GraphQLParameters.Flaw(status: errorType.requestErrorStatus, message: "\(error)")
            }
            switch kind {
            case .subscription where takesStream:
                return .subscription(parameters)
            case .subscription:
                throw GraphQLParameters.Flaw(
                    message: "a subscription is joined over a WebSocket, or with Accept: \(GraphQLEvents.contentType)"
                )
            case .mutation where request.method != .post:
                let allow = QueryItem(name: "Allow", value: "POST")
                exchange.respond(
                    Executor.failure("a mutation is sent by POST", status: 405, errorType, headers: [allow])
                )
            case .query, .mutation:
                try run(parameters, mediaType, for: exchange, on: loop)
            }
        } catch let flaw as GraphQLParameters.Flaw {
            exchange.respond(Executor.failure(flaw.message, status: flaw.status, errorType))
        } catch {
            exchange.respond(Executor.failure("\(error)", status: 400, errorType))
        }
        return nil
    }

    /// What is wrong with a request before its operation is looked at.
    private func refusal(
        of request: HTTPRequest,
        _ takesStream: Bool,
        _ mediaType: GraphQLMediaType?
    ) -> HTTPResponse? {
        if request.method != .post, request.parameter("query") == nil {
            if takesStream {
                return Executor.failure("the parameter query is missing; \(Self.modeHint)", status: 400)
            }
            return .text("speak graphql-transport-ws over a WebSocket here", status: 426)
        }
        if executor == nil, !takesStream { return Self.notAllowed }
        if mediaType == nil, !takesStream {
            let types = GraphQLMediaType.allCases.map(\.rawValue) + [GraphQLEvents.contentType]
            let message = "the media types served here are \(types.joined(separator: ", "))"
            return Executor.failure(message, status: 406)
        }
        return nil
    }

    private static let notAllowed = Executor.failure(
        "this relay executes no queries and mutations: its operator has to allow it (--allow-execute)",
        status: 404
    )

    /// Runs a query or mutation; who takes events only gets its result as events.
    private func run(
        _ parameters: GraphQLParameters,
        _ mediaType: GraphQLMediaType?,
        for exchange: HTTPExchange,
        on loop: EventLoop
    ) throws {
        guard let executor else { return exchange.respond(Self.notAllowed) }
        executor.run(try parameters.request(), mediaType ?? .response, for: exchange, on: loop) { response in
            let isResult = response.status < 500
            return mediaType == nil && isResult ? GraphQLEvents.response(result: response.body) : response
        }
    }
}
