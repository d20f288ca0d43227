@testable import GraphQLTransport

extension FuzzTarget {
    private static let jsonWords = [
        "\"", "\\u0000", "\\uD83D", "\\uDE00", "1e999", "-0", "null", "true", "false", "{}", "[]", "[[", "{\"a\":",
        "\u{FEFF}",
        "1.5E+3", ",", ":", "\"data\":", "\"errors\":", "\"id\":", "\"type\":", "\"payload\":",
    ]

    /// What is taken for JSON is UTF-8 and whole, and stays JSON within white space.
    static let json = FuzzTarget(name: "json", words: jsonWords) { input throws(Violation) in
        var way = Way()
        let token: JSONToken
        do throws(ScanError) {
            token = try JSONScanner.scan(input.span)
        } catch {
            way.pass(kindOf: error.reason)
            try require(error.offset <= input.count, "an error is behind the end")
            return way.value
        }
        way.pass(kindOf: token.kind)
        way.pass(token.hasEscapes ? 1 : 0)
        try require(token.range.upperBound <= input.count, "a token is behind the end")
        try require(String(validating: input, as: UTF8.self) != nil, "what isn't UTF-8 is taken")
        let value = Array(input[token.range])
        let padded = Array(" \t\r\n".utf8) + value + Array("\n ".utf8)
        guard let again = try? JSONScanner.scan(padded.span) else { throw Violation("white space matters") }
        try require(again.kind == token.kind && again.range.count == value.count, "white space changes the token")
        if [.object, .array, .string].contains(token.kind), value.count > 1 {
            let cut = Array(value.dropLast())
            try require((try? JSONScanner.scan(cut.span)) == nil, "a value without its end is taken")
        }
        if token.kind == .string, let text = JSONString.decode(token, in: input.span) {
            let encoded = JSONString.encode(text)
            guard let own = try? JSONScanner.scan(encoded.span) else { throw Violation("what is written isn't JSON") }
            try require(JSONString.decode(own, in: encoded.span) == text, "what is written means something else")
        }
        return way.value
    }

    /// A sketch is the same however its message is cut, and never says what the message doesn't.
    static let sketches = FuzzTarget(name: "sketches", words: jsonWords) { input throws(Violation) in
        var way = Way()
        let whole = MessageSketcher.sketch(input.span)
        var sketcher = MessageSketcher()
        for piece in Deal(input) { sketcher.take(piece.span) }
        let pieces = sketcher.sketch
        try require(whole == pieces, "pieces make another sketch")
        way.pass(whole == nil ? 0 : 1)
        if let whole {
            way.pass(whole.id == nil ? 0 : 1)
            way.pass(kindOf: whole.kind)
            way.pass(kindOf: whole.legacyKind)
        }
        return way.value
    }

    /// What is read of a document reads its canonical text alike.
    static let documents = FuzzTarget(
        name: "documents",
        words: [
            "query", "mutation", "subscription", "fragment", " on ", "{", "}", "(", ")", "...", "$a", ": Int",
            "@skip(if: true)",
            "\"\"\"", "\\\"\"\"", "\"\\u{1F600}\"", "#", "\r\n", ",", "\u{FEFF}", "=", "!", "[", "]", "&", "|",
            "-1.5e3", "true", "...F", "fragment F on T", "($a:Int)", "(x:$a)", "__typename", "@include", "a:b",
        ]
    ) { input throws(Violation) in
        var way = Way()
        let document: Document
        do throws(DocumentError) {
            document = try Document(parsing: input)
        } catch {
            way.pass(kindOf: error.reason)
            try require(error.line > 0 && error.column > 0, "an error has no place")
            // What keeps to the grammar and breaks a rule breaks the same one in its canonical text.
            if let lax = try? Document(parsing: input, validates: false) {
                way.pass(1)
                do throws(DocumentError) {
                    _ = try Document(parsing: lax.canonical)
                } catch let again {
                    try require(again.reason == error.reason, "its canonical text breaks another rule: \(again)")
                    return way.value
                }
                throw Violation("its canonical text breaks no rule")
            }
            return way.value
        }
        try require(!document.operations.isEmpty, "a document without an operation is taken")
        for operation in document.operations { way.pass(kindOf: operation.kind) }
        way.pass(UInt64(document.fragments.count))
        let again: Document
        do throws(DocumentError) {
            again = try Document(parsing: document.canonical)
        } catch {
            throw Violation("its canonical text isn't read: \(error)")
        }
        try require(again.canonical == document.canonical, "the canonical text of a canonical text differs")
        try require(again.operations.map(\.kind) == document.operations.map(\.kind), "its operations differ")
        return way.value
    }
}
