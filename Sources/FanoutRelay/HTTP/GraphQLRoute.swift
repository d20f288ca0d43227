internal import AccessTokens
internal import Fanout
internal import GraphQLTransport
internal import WebSockets
internal import Wire

/// `/graphql` over plain HTTP: queries and mutations by GraphQL over HTTP, subscriptions by GraphQL over SSE.
struct GraphQLRoute {
    /// Runs queries and mutations; nil when the operator doesn't allow it.
    let queryRunner: QueryRunner?
    /// What the client may have.
    let grant: Grant
    let authorizer: Authorizer

    /// The message for clients of GraphQL over SSE that use the mode which isn't served.
    static let modeHint = "GraphQL over SSE is served in distinct connections mode only"

    /// Answers a request, at once or later, on the loop; or returns the subscription that a shard has to serve.
    func answer(_ exchange: HTTPExchange, on loop: EventLoop) -> GraphQLRequest? {
        let accept = AcceptHeader(exchange.request.accept)
        let takesStream = accept.names(GraphQLEvents.contentType)
        let mediaType = GraphQLMediaType(acceptedBy: accept)
        if let refusal = refusal(of: exchange.request, takesStream, mediaType) {
            exchange.respond(refusal)
            return nil
        }
        let errorType = mediaType ?? .response
        do {
            let request = try GraphQLRequest(exchange.request)
            if takesStream, request.namesTopic { return request }
            let (kind, isIncremental): (Operation.Kind, Bool)
            do {
                (kind, isIncremental) = try request.kind()
            } catch {
                let failure = RelayFailure(error, errorType)
                let isStream = mediaType == nil
                exchange.respond(
                    isStream ? GraphQLEvents.response(errors: failure.errors) : failure.response(errorType)
                )
                return nil
            }
            switch kind {
            case .subscription where takesStream:
                return request
            case .subscription:
                throw RequestFlaw(
                    message: "a subscription is joined over a WebSocket, or with Accept: \(GraphQLEvents.contentType)"
                )
            case .mutation where exchange.request.method != .post:
                let allow = HTTPField(name: "Allow", value: "POST")
                let failure = RelayFailure(.methodNotAllowed, "a mutation is sent by POST")
                exchange.respond(failure.response(errorType, headers: [allow]))
            case .query, .mutation:
                let operation = ExecutableOperation(
                    request: request,
                    kind: kind,
                    isIncremental: isIncremental
                )
                run(operation, mediaType, for: exchange, on: loop)
            }
        } catch let flaw as RequestFlaw {
            exchange.respond(flaw.failure.response(errorType))
        } catch {
            exchange.respond(RelayFailure(.badRequest, "\(error)").response(errorType))
        }
        return nil
    }

    /// What is wrong with a request, before its operation is read.
    private func refusal(
        of request: HTTPRequest,
        _ takesStream: Bool,
        _ mediaType: GraphQLMediaType?
    ) -> HTTPResponse? {
        if request.method != .post, request.parameter("query") == nil {
            if takesStream {
                return RelayFailure(.badRequest, "the parameter query is missing; \(Self.modeHint)").response()
            }
            return .text("speak graphql-transport-ws over a WebSocket here", status: 426)
        }
        if queryRunner == nil, !takesStream { return Self.notAllowed }
        if mediaType == nil, !takesStream {
            let types = GraphQLMediaType.allCases.map(\.rawValue) + [GraphQLEvents.contentType]
            let message = "the media types served here are \(types.joined(separator: ", "))"
            return RelayFailure(.notAcceptable, message).response()
        }
        return nil
    }

    private static let notAllowed = RelayFailure(
        .notAllowed,
        "this relay executes no queries and mutations: its operator has to allow it (--allow-execute)"
    ).response()

    /// Runs a query or mutation; a client that accepts only events gets its result as events.
    private func run(
        _ operation: ExecutableOperation,
        _ mediaType: GraphQLMediaType?,
        for exchange: HTTPExchange,
        on loop: EventLoop
    ) {
        guard let queryRunner else { return exchange.respond(Self.notAllowed) }
        guard grant.has(.execute) else {
            let refusal = authorizer.refuse(.missingScope(.execute))
            return exchange.respond(refusal.failure.response(mediaType ?? .response, headers: refusal.headers))
        }
        queryRunner.run(operation, mediaType ?? .response, for: exchange, on: loop) { response in
            let isResult = response.status < 500 && response.status != 406
            return mediaType == nil && isResult ? GraphQLEvents.response(result: response.body) : response
        }
    }
}
