/// A value of a document without variables, such as a default, as the JSON that a client would send for it.
enum ConstantValue {
    /// The JSON of a value; nil for a text that is none.
    static func json(of text: [UInt8]) -> [UInt8]? {
        var lexer = DocumentLexer(text)
        var output: [UInt8] = []
        do throws(DocumentError) {
            guard let token = try lexer.next(), try append(token, from: &lexer, to: &output),
                try lexer.next() == nil
            else { return nil }
        } catch {
            return nil
        }
        return output
    }

    /// Appends the value that begins with a token; false when it is none.
    ///
    /// The parser has bounded its depth.
    private static func append(
        _ token: DocumentToken,
        from lexer: inout DocumentLexer,
        to output: inout [UInt8]
    ) throws(DocumentError) -> Bool {
        let text = lexer.bytes[token.range]
        switch token.kind {
        case .int, .float: output += text
        case .string: appendString(text, to: &output)
        case .blockString: JSONString.append(BlockString.value(of: text), to: &output)
        case .name:
            let isLiteral = ["true", "false", "null"].contains { text.elementsEqual($0.utf8) }
            // Any other name is an enum's value, which JSON has as a string.
            if isLiteral {
                output += text
            } else {
                JSONString.append(String(decoding: text, as: UTF8.self), to: &output)
            }
        case .punctuator(UInt8(ascii: "[")): return try appendList(from: &lexer, to: &output)
        case .punctuator(UInt8(ascii: "{")): return try appendObject(from: &lexer, to: &output)
        case .punctuator: return false
        }
        return true
    }

    private static func appendList(
        from lexer: inout DocumentLexer,
        to output: inout [UInt8]
    ) throws(DocumentError) -> Bool {
        output.append(UInt8(ascii: "["))
        while let token = try lexer.next() {
            if token.kind == .punctuator(UInt8(ascii: "]")) {
                output.append(UInt8(ascii: "]"))
                return true
            }
            if output.last != UInt8(ascii: "[") { output.append(UInt8(ascii: ",")) }
            guard try append(token, from: &lexer, to: &output) else { return false }
        }
        return false
    }

    private static func appendObject(
        from lexer: inout DocumentLexer,
        to output: inout [UInt8]
    ) throws(DocumentError) -> Bool {
        output.append(UInt8(ascii: "{"))
        while let token = try lexer.next() {
            if token.kind == .punctuator(UInt8(ascii: "}")) {
                output.append(UInt8(ascii: "}"))
                return true
            }
            if output.last != UInt8(ascii: "{") { output.append(UInt8(ascii: ",")) }
            guard token.kind == .name, try lexer.next()?.kind == .punctuator(UInt8(ascii: ":")),
                let value = try lexer.next()
            else { return false }
            JSONString.append(String(decoding: lexer.bytes[token.range], as: UTF8.self), to: &output)
            output.append(UInt8(ascii: ":"))
            guard try append(value, from: &lexer, to: &output) else { return false }
        }
        return false
    }

    /// Appends a string's token: JSON has no `\u{…}`, and no control characters as they are.
    private static func appendString(_ token: ArraySlice<UInt8>, to output: inout [UInt8]) {
        var rest = token.dropFirst().dropLast()
        output.append(UInt8(ascii: "\""))
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "\\"), rest.starts(with: "u{".utf8) {
                let digits = rest.dropFirst(2).prefix { $0 != UInt8(ascii: "}") }
                rest = rest.dropFirst(digits.count + 3)
                // The lexer has found a scalar in it.
                let code = UInt32(String(decoding: digits, as: UTF8.self), radix: 16)
                if let scalar = code.flatMap(Unicode.Scalar.init) { appendScalar(String(scalar), to: &output) }
            } else if byte < 0x20 {
                appendScalar(String(Unicode.Scalar(byte)), to: &output)
            } else {
                output.append(byte)
                // What is escaped isn't the beginning of another escape.
                if byte == UInt8(ascii: "\\"), let escaped = rest.popFirst() { output.append(escaped) }
            }
        }
        output.append(UInt8(ascii: "\""))
    }

    /// Appends a character, escaped as JSON wants it, without quotes.
    private static func appendScalar(_ text: String, to output: inout [UInt8]) {
        output += JSONString.encode(text).dropFirst().dropLast()
    }
}
