internal import AccessTokens
internal import AllowedDocuments
internal import GraphQLTransport

/// Judges what clients ask of the allowed documents, by the same rules wherever they ask.
struct DocumentDoor: Sendable {
    /// What comes of a request.
    enum Verdict {
        /// It means none of the documents.
        case unknown
        case permitted(ComposedOperation)
        case refused(DocumentDenial)
    }

    let table: DocumentTable
    let authorizer: Authorizer
    let refusals: DocumentRefusals

    init(
        _ table: DocumentTable = DocumentTable(),
        authorizer: Authorizer = Authorizer(),
        refusals: DocumentRefusals = DocumentRefusals()
    ) {
        self.table = table
        self.authorizer = authorizer
        self.refusals = refusals
    }

    /// Whether a request names a document by its hash alone, so that it can't mean a topic.
    static func isByHash(_ request: GraphQLRequest) -> Bool {
        PersistedQuery.isNamed(by: request.extensions) && Document.isEmpty(Array(request.query.utf8))
    }

    /// Judges a request of GraphQL.
    func judge(_ request: GraphQLRequest, with grant: Grant) -> Verdict {
        switch table.find(request) {
        case .nothing: return .unknown
        case .document(let index): return judge(index, request.variables, with: grant)
        case .refused(let refusal): return .refused(refuse(refusal))
        }
    }

    /// Judges a request for the document of an index, with the client's variables.
    func judge(_ index: Int, _ variables: [UInt8]?, with grant: Grant) -> Verdict {
        let document = table.documents[index]
        let scope: Scope = document.kind == .subscription ? .subscribe : .execute
        guard grant.has(scope) else { return .refused(.access(authorizer.refuse(.missingScope(scope)))) }
        guard grant.permits(document.name) else { return .refused(.access(authorizer.refuse(.forbiddenTopic))) }
        do throws(DocumentRefusal) {
            return .permitted(try document.compose(variables, grant.claim))
        } catch {
            return .refused(refuse(error))
        }
    }

    /// Judges a request for a document's path, whose variables are the JSON of a parameter.
    func judge(_ index: Int, parameter: String?, with grant: Grant) -> Verdict {
        guard let parameter else { return judge(index, nil, with: grant) }
        let bytes = Array(parameter.utf8)
        guard (try? JSONScanner.scanObject(bytes.span)) != nil else { return .refused(refuse(.malformed)) }
        return judge(index, bytes, with: grant)
    }

    private func refuse(_ refusal: DocumentRefusal) -> DocumentDenial {
        refusals.count(refusal.reason)
        return .document(refusal)
    }
}
