/// An executable GraphQL document, split into tokens, but not checked against a schema.
///
/// It knows its operations, and has a canonical text, which is equal for documents that differ only in white space,
/// commas, comments and the layout of block strings.
package struct Document: Sendable {
    /// The longest document in bytes.
    package static let maximumLength = 256 * 1024

    /// The most tokens in a document.
    package static let maximumTokens = 20_000

    /// The deepest nesting of brackets.
    package static let maximumDepth = 200

    /// The canonical text as UTF-8: compare these bytes, since `String` equates different spellings of a character.
    package let canonical: [UInt8]

    /// The operations, in order; at least one.
    package let operations: [Operation]

    /// The names of the fragments, in order.
    package let fragments: [String]

    /// Splits a document's text into its definitions.
    package init(parsing text: String) throws(DocumentError) {
        try self.init(validUTF8: Array(text.utf8))
    }

    /// Splits a document's bytes, of any origin, into its definitions.
    package init(parsing bytes: [UInt8]) throws(DocumentError) {
        guard bytes.count <= Self.maximumLength else {
            throw DocumentError(.tooLong, at: 0, in: bytes)
        }
        var position = 0
        while position < bytes.count {
            if bytes[position] < 0x80 {
                position += 1
                continue
            }
            let start = position
            do {
                try JSONScanner.multibyteScalar(bytes.span, &position)
            } catch {
                throw DocumentError(.invalidUTF8, at: start, in: bytes)
            }
        }
        try self.init(validUTF8: bytes)
    }

    private init(validUTF8 bytes: [UInt8]) throws(DocumentError) {
        guard bytes.count <= Self.maximumLength else {
            throw DocumentError(.tooLong, at: 0, in: bytes)
        }
        var reader = DocumentReader(bytes)
        try reader.read()
        canonical = reader.canonical
        operations = reader.operations
        fragments = reader.fragments
    }

    /// Whether a text has no token, only white space, commas and comments.
    package static func isEmpty(_ bytes: [UInt8]) -> Bool {
        var lexer = DocumentLexer(bytes)
        do {
            return try lexer.next() == nil
        } catch {
            return false
        }
    }

    /// The canonical text as a string: the same document with as few separators as possible.
    package var canonicalText: String { String(decoding: canonical, as: UTF8.self) }

    /// The operation that a request selects: by its name, or the only one (`GetOperation` of the specification).
    package func operation(named name: String?) throws(OperationSelectionError) -> Operation {
        guard let name else {
            guard operations.count == 1 else { throw .nameRequired }
            return operations[0]
        }
        let found = operations.first { operation in
            operation.name.map { $0.utf8.elementsEqual(name.utf8) } ?? false
        }
        guard let found else { throw .unknown(name) }
        return found
    }
}

extension Document: Hashable {
    /// Documents are equal if they differ in formatting only.
    package static func == (one: Document, other: Document) -> Bool { one.canonical == other.canonical }

    /// Hashes what equality compares.
    package func hash(into hasher: inout Hasher) { hasher.combine(canonical) }
}
