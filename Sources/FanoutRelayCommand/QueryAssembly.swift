import GraphQLTransport

/// Joins lines to queries; a query ends with the line that completes it, or with a blank line.
struct QueryAssembly {
    /// The most bytes of one query.
    private static let limit = Document.maximumLength

    private var text = ""

    /// True between two queries.
    var isEmpty: Bool { text.isEmpty }

    /// Takes a line, or nil for the end of the input; returns the document that it completes, if any.
    ///
    /// - Throws: `DocumentError` for lines that can't become a query; the next line then begins a new one.
    mutating func take(_ line: String?) throws(DocumentError) -> String? {
        let isLast = line?.allSatisfy(\.isWhitespace) ?? true
        if let line, !isLast { text += text.isEmpty ? line : "\n" + line }
        guard !text.isEmpty else { return nil }
        do {
            _ = try Document(parsing: text)
        } catch {
            let needsMore =
                switch error.reason {
                // Fragments may stand behind the operation.
                case .unexpectedEnd, .noOperation, .unknownFragment: true
                default: false
                }
            if needsMore, !isLast, text.utf8.count <= Self.limit { return nil }
            text = ""
            throw error
        }
        defer { text = "" }
        return text
    }
}
