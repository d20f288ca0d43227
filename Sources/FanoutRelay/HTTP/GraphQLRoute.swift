internal import AccessTokens
internal import AllowedDocuments
internal import Fanout
internal import GraphQLTransport
internal import WebSockets
internal import Wire

/// `/graphql` over plain HTTP: queries and mutations by GraphQL over HTTP, subscriptions by GraphQL over SSE.
struct GraphQLRoute {
    /// Runs queries and mutations; nil when clients may run none.
    let queryRunner: QueryRunner?
    /// Whether they may bring their own.
    let allowsExecution: Bool
    let documents: DocumentDoor
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
            if let verdict = document(request, takesStream) {
                return try answer(verdict, to: request, exchange, takesStream, mediaType, on: loop)
            }
            if takesStream, request.namesTopic { return request }
            guard takesStream || allowsExecution else {
                exchange.respond(Self.notAllowed)
                return nil
            }
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
                throw Self.needsStream
            case .mutation where exchange.request.method != .post:
                exchange.respond(Self.methodNotAllowed(errorType))
            case .query, .mutation:
                guard allowsExecution else {
                    exchange.respond(Self.notAllowed)
                    return nil
                }
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
        let isByHash = !documents.table.isEmpty && request.parameter("extensions") != nil
        if request.method != .post, request.parameter("query") == nil, !isByHash {
            if takesStream {
                return RelayFailure(.badRequest, "the parameter query is missing; \(Self.modeHint)").response()
            }
            return .text("speak graphql-transport-ws over a WebSocket here", status: 426)
        }
        if !allowsExecution, documents.table.isEmpty, !takesStream { return Self.notAllowed }
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

    private static func methodNotAllowed(_ mediaType: GraphQLMediaType) -> HTTPResponse {
        let allow = HTTPField(name: "Allow", value: "POST")
        return RelayFailure(.methodNotAllowed, "a mutation is sent by POST").response(mediaType, headers: [allow])
    }

    /// What comes of a request that means an allowed document; nil of any other, and of a subscription that a shard is
    /// to judge, which has the operator's topics.
    private func document(_ request: GraphQLRequest, _ takesStream: Bool) -> DocumentDoor.Verdict? {
        if takesStream, !DocumentDoor.isByHash(request) {
            guard case .document(let index) = documents.table.find(request),
                documents.table.documents[index].kind != .subscription
            else { return nil }
        }
        switch documents.judge(request, with: grant) {
        case .unknown: return nil
        case let verdict: return verdict
        }
    }

    /// Answers a request that means an allowed document; or returns the subscription that a shard has to serve.
    private func answer(
        _ verdict: DocumentDoor.Verdict,
        to request: GraphQLRequest,
        _ exchange: HTTPExchange,
        _ takesStream: Bool,
        _ mediaType: GraphQLMediaType?,
        on loop: EventLoop
    ) throws(RequestFlaw) -> GraphQLRequest? {
        let errorType = mediaType ?? .response
        switch verdict {
        case .unknown: break
        case .refused(let denial) where mediaType == nil:
            exchange.respond(GraphQLEvents.response(errors: denial.failure.errors))
        case .refused(let denial): exchange.respond(denial.response(asGraphQL: true, errorType))
        case .permitted(let operation):
            switch operation.kind {
            case .subscription where takesStream: return request
            case .subscription: throw Self.needsStream
            case .mutation where exchange.request.method != .post: exchange.respond(Self.methodNotAllowed(errorType))
            case .query, .mutation: run(ExecutableOperation(operation), mediaType, for: exchange, on: loop)
            }
        }
        return nil
    }

    private static let needsStream = RequestFlaw(
        message: "a subscription is joined over a WebSocket, or with Accept: \(GraphQLEvents.contentType)"
    )

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
