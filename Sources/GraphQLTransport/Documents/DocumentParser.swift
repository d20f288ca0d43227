/// Reads an executable document by the grammar of the GraphQL specification, and writes its canonical text on the way.
///
/// It reads both editions, October 2021 and September 2025: the later one adds descriptions. Its recursion is bounded
/// by the depths of `Document`. Of the rules of validation it checks those that look at one list: names that come
/// twice.
struct DocumentParser {
    private(set) var canonical: [UInt8] = []
    private(set) var operations: [Operation] = []
    private(set) var definitions: [DocumentDefinition] = []
    /// The names of fragments, defined or not.
    private(set) var fragmentNames = NameTable()
    /// The names of variables, defined or not.
    private(set) var variableNames = NameTable()

    private(set) var lexer: DocumentLexer
    /// The token that comes next; nil at the end.
    private var token: DocumentToken?
    /// Where it begins in the canonical text.
    private var canonicalStart = 0
    /// What is being read.
    private var current = DocumentDefinition(kind: nil, fragment: nil, offset: 0)
    private var operationsByName = UniqueNames()
    private var fragmentsByName = UniqueNames()
    private var tokens = 0
    private var aliases = 0
    private var selectionDepth = 0
    private var valueDepth = 0

    init(_ bytes: [UInt8]) {
        lexer = DocumentLexer(bytes)
        canonical.reserveCapacity(bytes.count)
    }

    /// Reads the whole document.
    mutating func read() throws(DocumentError) {
        try advance()
        while token != nil {
            try definition()
            definitions.append(current)
        }
        guard !operations.isEmpty else { throw lexer.error(.noOperation, at: lexer.bytes.count) }
    }

    // MARK: Definitions

    private mutating func definition() throws(DocumentError) {
        if isAt("{") {
            current = DocumentDefinition(kind: .query, fragment: nil, offset: position)
            try add(kind: .query, name: nil, variables: [])
            return try selectionSet(isRoot: true)
        }
        let start = position
        try passDescription()
        guard let token, token.kind == .name else { throw unexpected }
        let word = text(token.range)
        if let kind = Operation.Kind(rawValue: word) {
            try operation(kind)
        } else if word == "fragment" {
            try fragment(from: start)
        } else {
            throw lexer.error(.notExecutable(word), at: token.range.lowerBound)
        }
    }

    private mutating func operation(_ kind: Operation.Kind) throws(DocumentError) {
        var start = position
        try advance()
        var name: Range<Int>?
        if isAtName {
            start = position
            name = try self.name()
        }
        current = DocumentDefinition(kind: kind, fragment: nil, offset: start)
        let variables = try variableDefinitions()
        try add(kind: kind, name: name, variables: variables)
        try directives()
        try selectionSet(isRoot: true)
    }

    private mutating func add(
        kind: Operation.Kind,
        name: Range<Int>?,
        variables: [VariableDefinition]
    ) throws(DocumentError) {
        if let name, !operationsByName.insert(name, of: lexer.bytes) {
            throw lexer.error(.duplicateOperation(text(name)), at: current.offset)
        }
        operations.append(Operation(kind: kind, name: name.map { text($0) }, variables: variables))
        guard operations.count == 1 || operations[0].name != nil && name != nil else {
            throw lexer.error(.anonymousNotAlone, at: current.offset)
        }
    }

    private mutating func fragment(from start: Int) throws(DocumentError) {
        try advance()
        guard !isAt(word: "on") else { throw unexpected }
        let name = try name()
        guard fragmentsByName.insert(name, of: lexer.bytes) else {
            throw lexer.error(.duplicateFragment(text(name)), at: name.lowerBound)
        }
        let number = fragmentNames.number(of: text(name))
        current = DocumentDefinition(kind: nil, fragment: number, offset: start)
        guard isAt(word: "on") else { throw unexpected }
        try advance()
        _ = try self.name()
        try directives()
        try selectionSet(isRoot: true)
    }

    private mutating func variableDefinitions() throws(DocumentError) -> [VariableDefinition] {
        guard try takes("(") else { return [] }
        var variables: [VariableDefinition] = []
        var names = UniqueNames()
        repeat {
            let offset = position
            try passDescription()
            let name = try variable()
            guard names.insert(name, of: lexer.bytes) else {
                throw lexer.error(.duplicateVariable(text(name)), at: name.lowerBound)
            }
            current.variables.append(.init(name: variableNames.number(of: text(name)), offset: offset))
            try expect(":")
            var type = ""
            try self.type(&type)
            let literal = try defaultValue()
            try directives(isConstant: true)
            variables.append(VariableDefinition(name: text(name), type: type, defaultLiteral: literal))
        } while try !takes(")")
        return variables
    }

    /// The canonical text of a default value; nil when there is none.
    private mutating func defaultValue() throws(DocumentError) -> String? {
        guard try takes("=") else { return nil }
        let start = canonicalStart
        try value(isConstant: true)
        return String(decoding: canonical[start..<canonicalStart], as: UTF8.self)
    }

    private mutating func type(_ written: inout String) throws(DocumentError) {
        if isAt("[") {
            try enterValue()
            try advance()
            written += "["
            try type(&written)
            try expect("]")
            written += "]"
            valueDepth -= 1
        } else {
            written += text(try name())
        }
        if try takes("!") { written += "!" }
    }

    private mutating func passDescription() throws(DocumentError) {
        if token?.kind == .string || token?.kind == .blockString { try advance() }
    }

    // MARK: Selections

    private mutating func selectionSet(isRoot: Bool) throws(DocumentError) {
        selectionDepth += 1
        guard selectionDepth <= Document.maximumDepth else { throw lexer.error(.tooDeep, at: position) }
        try expect("{")
        repeat {
            if try takes(".") { try spread(isRoot: isRoot) } else { try field(isRoot: isRoot) }
        } while try !takes("}")
        selectionDepth -= 1
    }

    private mutating func field(isRoot: Bool) throws(DocumentError) {
        let key = try name()
        var name = key
        if try takes(":") {
            aliases += 1
            guard aliases <= Document.maximumAliases else {
                throw lexer.error(.tooManyAliases, at: key.lowerBound)
            }
            name = try self.name()
        }
        if isRoot { current.roots.append(.field(key: key, name: name)) }
        try arguments(isConstant: false)
        try directives(isRoot: isRoot)
        if isAt("{") { try selectionSet(isRoot: false) }
    }

    /// Reads what follows the three dots: the name of a fragment, or an inline fragment.
    private mutating func spread(isRoot: Bool) throws(DocumentError) {
        if isAtName, !isAt(word: "on") {
            let offset = position
            let number = fragmentNames.number(of: text(try name()))
            current.spreads.append(.init(name: number, offset: offset))
            if isRoot { current.roots.append(.spread(number)) }
            return try directives(isRoot: isRoot)
        }
        if isAtName {
            try advance()
            _ = try name()
        }
        try directives(isRoot: isRoot)
        try selectionSet(isRoot: isRoot)
    }

    // MARK: Arguments and values

    private mutating func directives(isConstant: Bool = false, isRoot: Bool = false) throws(DocumentError) {
        while isAt("@") {
            let offset = position
            try advance()
            if isRoot, current.condition == nil, isAt(word: "skip") || isAt(word: "include") {
                current.condition = offset
            }
            _ = try name()
            try arguments(isConstant: isConstant)
        }
    }

    private mutating func arguments(isConstant: Bool) throws(DocumentError) {
        guard try takes("(") else { return }
        var names = UniqueNames()
        repeat {
            let name = try member(isConstant: isConstant)
            guard names.insert(name, of: lexer.bytes) else {
                throw lexer.error(.duplicateArgument(text(name)), at: name.lowerBound)
            }
        } while try !takes(")")
    }

    /// Reads a name, a colon and a value.
    private mutating func member(isConstant: Bool) throws(DocumentError) -> Range<Int> {
        let name = try name()
        try expect(":")
        try value(isConstant: isConstant)
        return name
    }

    private mutating func value(isConstant: Bool) throws(DocumentError) {
        switch token?.kind {
        case .int, .float, .string, .blockString, .name:
            try advance()
        case .punctuator(UInt8(ascii: "$")) where !isConstant:
            let offset = position
            let number = variableNames.number(of: text(try variable()))
            current.uses.append(.init(name: number, offset: offset))
        case .punctuator(UInt8(ascii: "[")):
            try enterValue()
            try advance()
            while try !takes("]") { try value(isConstant: isConstant) }
            valueDepth -= 1
        case .punctuator(UInt8(ascii: "{")):
            try enterValue()
            try advance()
            try inputFields(isConstant: isConstant)
            valueDepth -= 1
        default:
            throw unexpected
        }
    }

    private mutating func inputFields(isConstant: Bool) throws(DocumentError) {
        var names = UniqueNames()
        while try !takes("}") {
            let name = try member(isConstant: isConstant)
            guard names.insert(name, of: lexer.bytes) else {
                throw lexer.error(.duplicateInputField(text(name)), at: name.lowerBound)
            }
        }
    }

    private mutating func enterValue() throws(DocumentError) {
        valueDepth += 1
        guard valueDepth <= Document.maximumDepth else { throw lexer.error(.tooDeep, at: position) }
    }

    // MARK: Tokens

    /// Takes a dollar sign and a name, which it returns.
    private mutating func variable() throws(DocumentError) -> Range<Int> {
        try expect("$")
        return try name()
    }

    private mutating func name() throws(DocumentError) -> Range<Int> {
        guard let token, token.kind == .name else { throw unexpected }
        try advance()
        return token.range
    }

    private mutating func expect(_ character: Unicode.Scalar) throws(DocumentError) {
        guard try takes(character) else { throw unexpected }
    }

    private mutating func takes(_ character: Unicode.Scalar) throws(DocumentError) -> Bool {
        guard isAt(character) else { return false }
        try advance()
        return true
    }

    /// Reads the next token and appends it to the canonical text.
    private mutating func advance() throws(DocumentError) {
        let previous = token?.kind
        token = try lexer.next()
        guard let token else { return }
        tokens += 1
        guard tokens <= Document.maximumTokens else { throw lexer.error(.tooManyTokens, at: position) }
        if let previous, DocumentToken.mustSeparate(previous, token.kind) { canonical.append(UInt8(ascii: " ")) }
        canonicalStart = canonical.count
        if token.kind == .blockString {
            JSONString.append(BlockString.value(of: lexer.bytes[token.range]), to: &canonical)
        } else {
            canonical.append(contentsOf: lexer.bytes[token.range])
        }
    }

    private func isAt(_ character: Unicode.Scalar) -> Bool { token?.kind == .punctuator(UInt8(ascii: character)) }

    private func isAt(word: String) -> Bool {
        guard let token, token.kind == .name else { return false }
        return lexer.bytes[token.range].elementsEqual(word.utf8)
    }

    private var isAtName: Bool { token?.kind == .name }

    private var position: Int { token?.range.lowerBound ?? lexer.bytes.count }

    private func text(_ range: Range<Int>) -> String { String(decoding: lexer.bytes[range], as: UTF8.self) }

    private var unexpected: DocumentError {
        guard let token else { return lexer.error(.unexpectedEnd, at: lexer.bytes.count) }
        return lexer.error(.unexpectedToken(text(token.range)), at: token.range.lowerBound)
    }
}
