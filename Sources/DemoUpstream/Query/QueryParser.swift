internal import GraphQLTransport

/// Reads trees from a document's tokens.
///
/// `Document` has limited their number and their nesting, which limits the recursion here.
struct QueryParser {
    private var lexer: QueryLexer
    private var token: QueryToken

    init(_ canonical: [UInt8]) throws(QueryError) {
        lexer = QueryLexer(canonical)
        token = try lexer.next()
    }

    mutating func read(into document: inout QueryDocument) throws(QueryError) {
        while token != .end {
            if case .string = token { try advance() }
            if token == .punctuator("{") {
                let selections = try selectionSet()
                document.operations.append(
                    QueryDocument.Definition(kind: .query, name: nil, variables: [], selections: selections)
                )
                continue
            }
            let keyword = try name()
            if keyword == "fragment" {
                let fragment = try name()
                guard try name() == "on" else { throw unexpected() }
                let type = try name()
                document.fragments[fragment] = QueryDocument.Fragment(type: type, selections: try selectionSet())
            } else {
                guard let kind = Operation.Kind(rawValue: keyword) else { throw unexpected() }
                document.operations.append(try operation(kind))
            }
        }
    }

    private mutating func operation(_ kind: Operation.Kind) throws(QueryError) -> QueryDocument.Definition {
        var operationName: String?
        if case .name(let name) = token {
            operationName = name
            try advance()
        }
        var variables: [QueryDocument.Variable] = []
        if try take("(") {
            while try !take(")") { variables.append(try variable()) }
        }
        return QueryDocument.Definition(
            kind: kind,
            name: operationName,
            variables: variables,
            selections: try selectionSet()
        )
    }

    private mutating func variable() throws(QueryError) -> QueryDocument.Variable {
        try expect("$")
        let name = try name()
        try expect(":")
        let type = try type()
        let standard: QueryValue? = try take("=") ? try value() : nil
        try refuseDirectives()
        return QueryDocument.Variable(name: name, type: type, standard: standard)
    }

    private mutating func type() throws(QueryError) -> String {
        var text: String
        if try take("[") {
            text = "[\(try type())]"
            try expect("]")
        } else {
            text = try name()
        }
        if try take("!") { text += "!" }
        return text
    }

    private mutating func selectionSet() throws(QueryError) -> [QueryDocument.Selection] {
        try refuseDirectives()
        try expect("{")
        var selections: [QueryDocument.Selection] = []
        while try !take("}") { selections.append(try selection()) }
        return selections
    }

    private mutating func selection() throws(QueryError) -> QueryDocument.Selection {
        if try take(".") {
            guard case .name(let word) = token else { return .inline(type: nil, try selectionSet()) }
            try advance()
            if word == "on" { return .inline(type: try name(), try selectionSet()) }
            try refuseDirectives()
            return .spread(word)
        }
        let key = try name()
        let fieldName = try take(":") ? try name() : key
        var arguments: [QueryDocument.Argument] = []
        if try take("(") {
            while try !take(")") {
                let argument = try name()
                try expect(":")
                arguments.append(QueryDocument.Argument(name: argument, value: try value()))
            }
        }
        try refuseDirectives()
        let selections = token == .punctuator("{") ? try selectionSet() : []
        return .field(
            QueryDocument.Field(key: key, name: fieldName, arguments: arguments, selections: selections)
        )
    }

    private mutating func value() throws(QueryError) -> QueryValue {
        let first = token
        try advance()
        switch first {
        case .number(let text): return .number(text)
        case .string(let text): return .string(text)
        case .name("null"): return .null
        case .name("true"): return .boolean(true)
        case .name("false"): return .boolean(false)
        case .name(let text): return .other(text)
        case .punctuator("$"): return .variable(try name())
        case .punctuator("["):
            var elements: [QueryValue] = []
            while try !take("]") { elements.append(try value()) }
            return .list(elements)
        case .punctuator("{"):
            while try !take("}") {
                _ = try name()
                try expect(":")
                _ = try value()
            }
            return .other("an object")
        case .punctuator, .end: throw unexpected()
        }
    }

    private mutating func advance() throws(QueryError) { token = try lexer.next() }

    private mutating func take(_ punctuator: Unicode.Scalar) throws(QueryError) -> Bool {
        guard token == .punctuator(punctuator) else { return false }
        try advance()
        return true
    }

    private mutating func expect(_ punctuator: Unicode.Scalar) throws(QueryError) {
        guard try take(punctuator) else { throw unexpected() }
    }

    private mutating func name() throws(QueryError) -> String {
        guard case .name(let name) = token else { throw unexpected() }
        try advance()
        return name
    }

    private func refuseDirectives() throws(QueryError) {
        if token == .punctuator("@") { throw QueryError("directives aren't served here") }
    }

    private func unexpected() -> QueryError {
        switch token {
        case .punctuator(let character): QueryError("syntax error: unexpected \"\(character)\"")
        case .name(let text), .number(let text), .string(let text):
            QueryError("syntax error: unexpected \(QueryError.quote(text))")
        case .end: QueryError("syntax error: unexpected end of the document")
        }
    }
}
