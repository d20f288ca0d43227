internal import AccessTokens
internal import AllowedDocuments
internal import Fanout
internal import GraphQLTransport
internal import WebSockets

/// Why an allowed document isn't for a client.
enum DocumentDenial: Error {
    /// For what the credential permits.
    case access(AccessRefusal)
    /// For what the request has, or the credential's claims.
    case document(DocumentRefusal)

    /// In GraphQL's form.
    var failure: RelayFailure {
        switch self {
        case .access(let refusal): refusal.failure
        case .document(.unknownHash): RelayFailure(.persistedQueryNotFound, DocumentRefusal.unknownHash.message)
        case .document(let refusal):
            RelayFailure(refusal.isFault ? .badRequest : .forbidden, Self.prefix(refusal) + refusal.message)
        }
    }

    /// Like the refusals of what a token isn't good for.
    private static func prefix(_ refusal: DocumentRefusal) -> String { refusal.isFault ? "" : "Forbidden: " }

    /// Within an operation.
    var refusal: OperationRefusal {
        switch self {
        case .access(let refusal): OperationRefusal(description: refusal.closeReason)
        case .document: OperationRefusal(description: failure.message, errors: failure.errors)
        }
    }

    /// Over HTTP, in GraphQL's form or as text.
    func response(asGraphQL: Bool, _ mediaType: GraphQLMediaType = .json) -> HTTPResponse {
        switch self {
        case .access(let refusal) where asGraphQL:
            refusal.failure.response(mediaType, headers: refusal.headers)
        case .access(let refusal): refusal.response(asGraphQL: false)
        case .document(.unknownHash) where asGraphQL:
            RelayFailure(.persistedQueryNotFound, failure.message, status: mediaType.requestErrorStatus)
                .response(mediaType)
        case .document: asGraphQL ? failure.response(mediaType) : .text(failure.message, status: failure.status)
        }
    }

    /// The answer to a handshake.
    var decision: UpgradeDecision {
        switch self {
        case .access(let refusal):
            .refuse(status: refusal.status, reason: refusal.reason, headers: refusal.headers)
        case .document: .refuse(status: failure.status, reason: failure.message)
        }
    }
}
