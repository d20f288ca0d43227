/// An executable GraphQL document that is well-formed and keeps the rules that can be judged without a schema.
///
/// It knows which operations it holds, and a canonical text that is equal for documents which differ only in white
/// space, commas, comments and the layout of block strings. Whether fields and types exist is the server's to say.
package struct Document: Sendable {
    /// The longest document in bytes.
    package static let maximumLength = 256 * 1024

    /// The most tokens in a document.
    package static let maximumTokens = 20_000

    /// The most selection sets within one another, and apart from them the most lists and input objects.
    package static let maximumDepth = 200

    /// The most aliases in a document.
    ///
    /// Each may run the same expensive field once more, and the tokens alone would allow 6,600. Generated documents
    /// that ask for many things at once, one alias each, have some hundreds.
    package static let maximumAliases = 1_000

    /// The canonical text as UTF-8: compare these bytes, since `String` equates different spellings of a character.
    package let canonical: [UInt8]

    /// The operations, in order; at least one.
    package let operations: [Operation]

    /// The names of the fragments, in order.
    package let fragments: [String]

    /// Reads and checks a document's text.
    ///
    /// - Parameter validates: False for the grammar alone, where a server is to judge the rules on fragments, on
    ///   variables and on subscriptions.
    package init(parsing text: String, validates: Bool = true) throws(DocumentError) {
        try self.init(validUTF8: Array(text.utf8), validates: validates)
    }

    /// Reads and checks a document's bytes, of any origin.
    package init(parsing bytes: [UInt8], validates: Bool = true) throws(DocumentError) {
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
        try self.init(validUTF8: bytes, validates: validates)
    }

    private init(validUTF8 bytes: [UInt8], validates: Bool) throws(DocumentError) {
        guard bytes.count <= Self.maximumLength else {
            throw DocumentError(.tooLong, at: 0, in: bytes)
        }
        var parser = DocumentParser(bytes)
        try parser.read()
        if validates { try DocumentRules.check(parser) }
        canonical = parser.canonical
        operations = parser.operations
        fragments = parser.definitions.compactMap { definition in
            definition.fragment.map { parser.fragmentNames.names[$0] }
        }
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
