/// Reads the variable definitions of a document's first operation.
struct VariableReader {
    private let lexer: DocumentLexer
    private var tokens: [DocumentToken] = []
    private var position = 0

    init(_ canonical: [UInt8]) throws(DocumentError) {
        var lexer = DocumentLexer(canonical)
        while let token = try lexer.next() { tokens.append(token) }
        self.lexer = lexer
    }

    mutating func read() throws(DocumentError) -> [VariableDefinition] {
        passFragments()
        // A query in short form has no keyword and no variables: what looks like a name is its first field.
        guard !isAt("{") else { return [] }
        // The keyword, and perhaps a name.
        position += 1
        if isAt(.name) { position += 1 }
        guard takes("(") else { return [] }
        var definitions: [VariableDefinition] = []
        while !takes(")") { definitions.append(try definition()) }
        return definitions
    }

    /// Skips to the operation's keyword, or to the brace of an operation without one.
    private mutating func passFragments() {
        while position < tokens.count, text == "fragment" || isAt(.string) || isAt(.blockString) {
            if text == "fragment" { passDefinition() } else { position += 1 }
        }
    }

    /// Skips everything up to the brace that closes a definition's selection.
    private mutating func passDefinition() {
        var depth = 0
        while position < tokens.count {
            let isBrace = isAt("}")
            depth += depthChange
            position += 1
            if depth == 0, isBrace { return }
        }
    }

    private mutating func definition() throws(DocumentError) -> VariableDefinition {
        if isAt(.string) || isAt(.blockString) { position += 1 }
        guard takes("$"), isAt(.name) else { throw unexpected }
        let name = text
        position += 1
        guard takes(":") else { throw unexpected }
        var type = ""
        var brackets = 0
        while takes("[") {
            type += "["
            brackets += 1
        }
        guard isAt(.name) else { throw unexpected }
        type += text
        position += 1
        if takes("!") { type += "!" }
        for _ in 0..<brackets {
            guard takes("]") else { throw unexpected }
            type += takes("!") ? "]!" : "]"
        }
        let hasDefault = takes("=")
        if hasDefault { try passValue() }
        while takes("@") {
            guard isAt(.name) else { throw unexpected }
            position += 1
            if isAt("(") { try passValue() }
        }
        return VariableDefinition(name: name, type: type, hasDefault: hasDefault)
    }

    /// Skips a token, or everything between a bracket and the one that closes it.
    private mutating func passValue() throws(DocumentError) {
        var depth = 0
        repeat {
            guard position < tokens.count else { throw unexpected }
            depth += depthChange
            guard depth >= 0 else { throw unexpected }
            position += 1
        } while depth > 0
    }

    private var depthChange: Int {
        if isAt("{") || isAt("(") || isAt("[") { return 1 }
        return isAt("}") || isAt(")") || isAt("]") ? -1 : 0
    }

    private func isAt(_ kind: DocumentToken.Kind) -> Bool { position < tokens.count && tokens[position].kind == kind }

    private func isAt(_ character: Unicode.Scalar) -> Bool { isAt(.punctuator(UInt8(ascii: character))) }

    private mutating func takes(_ character: Unicode.Scalar) -> Bool {
        guard isAt(character) else { return false }
        position += 1
        return true
    }

    private var text: String {
        guard position < tokens.count else { return "" }
        return String(decoding: lexer.bytes[tokens[position].range], as: UTF8.self)
    }

    private var unexpected: DocumentError {
        guard position < tokens.count else { return lexer.error(.unexpectedEnd, at: lexer.bytes.count) }
        return lexer.error(.unexpectedToken(text), at: tokens[position].range.lowerBound)
    }
}
