/// An operation as a list of tokens and variables, to measure how near others are to it.
///
/// `OperationKey` decides whether operations are equal; the outline serves to tell a client what is different.
package struct OperationOutline: Sendable {
    /// The canonical document.
    let bytes: [UInt8]
    /// Its tokens; each corresponds to one of the document as written.
    let tokens: [DocumentToken]
    /// The name of the selected operation.
    let operationName: String?
    /// The values of its variables.
    package let variables: Variables

    /// The outline of one operation of a document, with its variables as a raw JSON object, null or nil.
    package init(document: Document, operation: Operation, variables: [UInt8]? = nil) throws(ScanError) {
        bytes = document.canonical
        operationName = operation.name
        var tokens: [DocumentToken] = []
        var lexer = DocumentLexer(document.canonical)
        // The document was parsed before, so that the lexer can't fail.
        while let token = try? lexer.next() { tokens.append(token) }
        self.tokens = tokens
        self.variables = try Variables(variables)
    }

    /// The bytes of a token.
    func text(_ index: Int) -> ArraySlice<UInt8> { bytes[tokens[index].range] }

    /// Whether a token equals a token of another outline.
    func isEqual(_ index: Int, to other: OperationOutline, _ place: Int) -> Bool {
        let (own, others) = (tokens[index].range, other.tokens[place].range)
        return own.count == others.count && bytes[own].elementsEqual(other.bytes[others])
    }
}
