/// Operations with several results: `@defer` and `@stream` (GraphQL's incremental delivery).
package enum IncrementalDelivery {
    /// Whether a document uses these directives, and its variables don't turn them off.
    ///
    /// - Parameters:
    ///   - document: A document that was parsed before.
    ///   - variables: A JSON object, or nil.
    package static func isAskedFor(in document: Document, variables: [UInt8]?) -> Bool {
        let bytes = document.canonical
        var lexer = DocumentLexer(bytes)
        var tokens: [DocumentToken] = []
        while let token = try? lexer.next() { tokens.append(token) }
        func text(_ index: Int) -> ArraySlice<UInt8> {
            tokens.indices.contains(index) ? bytes[tokens[index].range] : []
        }
        for index in tokens.indices where text(index).elementsEqual("@".utf8) {
            guard ["defer", "stream"].contains(where: { text(index + 1).elementsEqual($0.utf8) }) else { continue }
            var place = index + 2
            var isOff = false
            if text(place).elementsEqual("(".utf8) {
                while tokens.indices.contains(place), !text(place).elementsEqual(")".utf8) {
                    if text(place).elementsEqual("if".utf8), text(place + 1).elementsEqual(":".utf8) {
                        isOff =
                            text(place + 2).elementsEqual("$".utf8)
                            ? isFalse(text(place + 3), in: variables) : text(place + 2).elementsEqual("false".utf8)
                    }
                    place += 1
                }
            }
            if !isOff { return true }
        }
        return false
    }

    private static func isFalse(_ name: ArraySlice<UInt8>, in variables: [UInt8]?) -> Bool {
        guard let variables, let object = try? JSONObject(variables.span) else { return false }
        let last = object.members.last { $0.name.utf8.elementsEqual(name) }
        return last.map { variables[$0.value.range].elementsEqual("false".utf8) } ?? false
    }
}
