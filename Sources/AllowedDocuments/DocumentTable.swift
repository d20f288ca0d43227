internal import AccessTokens
package import GraphQLTransport

/// Finds the allowed document that a client's request means: by its text, its hash or its name.
package struct DocumentTable: Sendable {
    /// The result of a search.
    package enum Finding: Equatable {
        /// It means none of them.
        case nothing
        /// The document of this index.
        case document(Int)
        /// It means one, and may not have it like that.
        case refused(DocumentRefusal)
    }

    /// In the operator's order.
    package let documents: [AllowedDocument]
    private let byName: [String: Int]
    /// The documents of equal text, one for each operation that is allowed, by the text as it was given.
    private let byText: [[UInt8]: [Int]]
    private let byCanonical: [[UInt8]: [Int]]
    private let byHash: [[UInt8]: [Int]]

    /// Makes the table; equal operations, and names that come twice, find the first one.
    package init(_ documents: [AllowedDocument] = []) {
        self.documents = documents
        byName = Dictionary(zip(documents.map(\.name), documents.indices)) { first, _ in first }
        byCanonical = Dictionary(grouping: documents.indices) { documents[$0].document.canonical }
        var byText: [[UInt8]: [Int]] = [:]
        var byHash: [[UInt8]: [Int]] = [:]
        for document in documents {
            let equal = byCanonical[document.document.canonical] ?? []
            byText[Array(document.text.utf8)] = equal
            for spelling in Self.spellings(of: document) { byHash[SHA256Hash.hexadecimal(of: spelling)] = equal }
        }
        self.byText = byText
        self.byHash = byHash
    }

    package var isEmpty: Bool { documents.isEmpty }

    /// The texts whose hash a client may send: the operator's, the same without the white space around it, with which
    /// files often end, and the canonical one.
    private static func spellings(of document: AllowedDocument) -> [[UInt8]] {
        let text = Array(document.text.utf8)
        let isBlank = { (byte: UInt8) in [0x09, 0x0A, 0x0D, 0x20].contains(byte) }
        let start = text.firstIndex { !isBlank($0) } ?? text.endIndex
        let end = text.lastIndex { !isBlank($0) } ?? text.startIndex
        return [text, start <= end ? Array(text[start...end]) : [], document.document.canonical]
    }

    /// The document of a name; nil when there is none.
    package func index(named name: String) -> Int? { byName[name] }

    /// The document that a request means.
    ///
    /// Its extensions have a say by `persistedQuery` only.
    package func find(_ request: GraphQLRequest) -> Finding {
        if isEmpty, !PersistedQuery.isNamed(by: request.extensions) { return .nothing }
        let persisted = PersistedQuery(request.extensions)
        let named = persisted.map { byHash[$0.hash] }
        let query = Array(request.query.utf8)
        if let equal = byText[query] ?? canonical(query) {
            if let other = named ?? nil, other != equal { return .refused(.otherHash) }
            return choose(among: equal, request.operationName)
        }
        guard Document.isEmpty(query) else { return .nothing }
        if PersistedQuery.isNamed(by: request.extensions) {
            guard let found = named ?? nil else { return .refused(.unknownHash) }
            return choose(among: found, request.operationName)
        }
        return request.operationName.flatMap { byName[$0] }.map { .document($0) } ?? .nothing
    }

    private func canonical(_ query: [UInt8]) -> [Int]? {
        (try? Document(parsing: query)).flatMap { byCanonical[$0.canonical] }
    }

    /// The document for the operation that the request selects.
    private func choose(among equal: [Int], _ operationName: String?) -> Finding {
        guard let first = equal.first else { return .nothing }
        do throws(OperationSelectionError) {
            let selected = try documents[first].document.operation(named: operationName)
            let found = equal.first { documents[$0].operation == selected }
            return found.map { .document($0) } ?? .refused(.notAllowed)
        } catch {
            return .refused(.operation(error.description))
        }
    }
}
