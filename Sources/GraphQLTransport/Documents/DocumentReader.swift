/// Reads a document's definitions from its tokens, and writes the canonical text.
struct DocumentReader {
    private(set) var canonical: [UInt8] = []
    private(set) var operations: [Operation] = []
    private(set) var fragments: [String] = []

    private var lexer: DocumentLexer
    private var previous: DocumentToken.Kind?
    private var count = 0
    private var names: Set<String> = []

    init(_ bytes: [UInt8]) {
        lexer = DocumentLexer(bytes)
        canonical.reserveCapacity(bytes.count)
    }

    /// Reads the whole document.
    mutating func read() throws(DocumentError) {
        while let token = try next() { try definition(token) }
        guard !operations.isEmpty else { throw lexer.error(.noOperation, at: lexer.bytes.count) }
    }

    private mutating func definition(_ first: DocumentToken) throws(DocumentError) {
        if isPunctuator(first, "{") {
            try add(Operation(kind: .query, name: nil), at: first)
            return try group(first)
        }
        var keyword = first
        // The specification allows a description before a definition that begins with a keyword.
        if keyword.kind == .string || keyword.kind == .blockString { keyword = try required() }
        guard keyword.kind == .name else { throw unexpected(keyword) }
        let word = text(keyword)
        if let kind = Operation.Kind(rawValue: word) {
            let token = try required()
            let isNamed = token.kind == .name
            try add(Operation(kind: kind, name: isNamed ? text(token) : nil), at: keyword)
            try header(isNamed ? required() : token)
        } else if word == "fragment" {
            let name = try required()
            guard name.kind == .name, text(name) != "on" else { throw unexpected(name) }
            fragments.append(text(name))
            let on = try required()
            guard on.kind == .name, text(on) == "on" else { throw unexpected(on) }
            let type = try required()
            guard type.kind == .name else { throw unexpected(type) }
            try header(required())
        } else {
            throw lexer.error(.notExecutable(word), at: keyword.range.lowerBound)
        }
    }

    /// Skips variable definitions and directives, up to the end of the selection set.
    private mutating func header(_ first: DocumentToken) throws(DocumentError) {
        var token = first
        while !isPunctuator(token, "{") {
            if isPunctuator(token, "(") {
                try group(token)
            } else if isPunctuator(token, "@") {
                let name = try required()
                guard name.kind == .name else { throw unexpected(name) }
            } else {
                throw unexpected(token)
            }
            token = try required()
        }
        try group(token)
    }

    /// Skips everything up to the bracket that closes this one.
    private mutating func group(_ opening: DocumentToken) throws(DocumentError) {
        var closers: [UInt8] = []
        var parentheses = 0
        var token = opening
        var wasBrace = false
        while true {
            let isSelection = parentheses == 0
            var isBrace = false
            switch token.kind {
            case .punctuator(UInt8(ascii: "{")):
                isBrace = isSelection
                closers.append(UInt8(ascii: "}"))
            case .punctuator(UInt8(ascii: "(")):
                parentheses += 1
                closers.append(UInt8(ascii: ")"))
            case .punctuator(UInt8(ascii: "[")) where !isSelection:
                closers.append(UInt8(ascii: "]"))
            case .punctuator(let byte)
            where byte == UInt8(ascii: "}") || byte == UInt8(ascii: ")")
                || byte == UInt8(ascii: "]"):
                // A selection set is never empty; an object value may be.
                guard closers.popLast() == byte, !wasBrace else { throw unexpected(token) }
                if byte == UInt8(ascii: ")") { parentheses -= 1 }
                if closers.isEmpty { return }
            case .name, .punctuator(UInt8(ascii: ".")), .punctuator(UInt8(ascii: ":")),
                .punctuator(UInt8(ascii: "@")):
                break
            case .punctuator, .int, .float, .string, .blockString:
                // Values and variables are allowed in arguments only.
                guard !isSelection else { throw unexpected(token) }
            }
            guard closers.count <= Document.maximumDepth else {
                throw lexer.error(.tooDeep, at: token.range.lowerBound)
            }
            wasBrace = isBrace
            token = try required()
        }
    }

    private mutating func add(_ operation: Operation, at token: DocumentToken) throws(DocumentError) {
        if let name = operation.name, !names.insert(name).inserted {
            throw lexer.error(.duplicateOperation(name), at: token.range.lowerBound)
        }
        operations.append(operation)
        guard operations.count == 1 || operations[0].name != nil && operation.name != nil else {
            throw lexer.error(.anonymousNotAlone, at: token.range.lowerBound)
        }
    }

    private mutating func required() throws(DocumentError) -> DocumentToken {
        guard let token = try next() else { throw lexer.error(.unexpectedEnd, at: lexer.bytes.count) }
        return token
    }

    /// Takes the next token and appends it to the canonical text.
    private mutating func next() throws(DocumentError) -> DocumentToken? {
        guard let token = try lexer.next() else { return nil }
        count += 1
        guard count <= Document.maximumTokens else { throw lexer.error(.tooManyTokens, at: token.range.lowerBound) }
        if let previous, DocumentToken.mustSeparate(previous, token.kind) { canonical.append(UInt8(ascii: " ")) }
        if token.kind == .blockString {
            JSONString.append(BlockString.value(of: lexer.bytes[token.range]), to: &canonical)
        } else {
            canonical.append(contentsOf: lexer.bytes[token.range])
        }
        previous = token.kind
        return token
    }

    private func isPunctuator(_ token: DocumentToken, _ character: Unicode.Scalar) -> Bool {
        token.kind == .punctuator(UInt8(ascii: character))
    }

    private func text(_ token: DocumentToken) -> String {
        String(decoding: lexer.bytes[token.range], as: UTF8.self)
    }

    private func unexpected(_ token: DocumentToken) -> DocumentError {
        lexer.error(.unexpectedToken(text(token)), at: token.range.lowerBound)
    }
}
