/// Splits a GraphQL document into its tokens, by section 2.1 of the specification.
struct DocumentLexer {
    let bytes: [UInt8]
    private var position = 0

    /// A lexer for bytes that are valid UTF-8.
    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// The next token; nil at the end.
    mutating func next() throws(DocumentError) -> DocumentToken? {
        skipIgnored()
        guard let byte = peek() else { return nil }
        let start = position
        let kind: DocumentToken.Kind
        switch byte {
        case UInt8(ascii: "!"), UInt8(ascii: "$"), UInt8(ascii: "&"), UInt8(ascii: "("), UInt8(ascii: ")"),
            UInt8(ascii: ":"), UInt8(ascii: "="), UInt8(ascii: "@"), UInt8(ascii: "["), UInt8(ascii: "]"),
            UInt8(ascii: "{"), UInt8(ascii: "|"), UInt8(ascii: "}"):
            position += 1
            kind = .punctuator(byte)
        case UInt8(ascii: "."):
            guard peek(1) == byte, peek(2) == byte else { throw error(.unexpectedCharacter, at: start) }
            position += 3
            kind = .punctuator(byte)
        case UInt8(ascii: "\""):
            kind = try string()
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
            kind = try number()
        default:
            guard Self.isNameStart(byte) else { throw error(.unexpectedCharacter, at: start) }
            while let next = peek(), Self.isNameContinue(next) { position += 1 }
            kind = .name
        }
        return DocumentToken(kind: kind, range: start..<position)
    }

    /// Makes an error at an offset of these bytes.
    func error(_ reason: DocumentError.Reason, at offset: Int) -> DocumentError {
        DocumentError(reason, at: offset, in: bytes)
    }

    private func peek(_ ahead: Int = 0) -> UInt8? {
        position + ahead < bytes.count ? bytes[position + ahead] : nil
    }

    /// Skips white space, line ends, commas, comments and byte order marks.
    private mutating func skipIgnored() {
        while let byte = peek() {
            switch byte {
            case 0x09, 0x0A, 0x0D, 0x20, UInt8(ascii: ","):
                position += 1
            case UInt8(ascii: "#"):
                while let next = peek(), next != 0x0A, next != 0x0D { position += 1 }
            case 0xEF where peek(1) == 0xBB && peek(2) == 0xBF:
                position += 3
            default:
                return
            }
        }
    }

    private mutating func number() throws(DocumentError) -> DocumentToken.Kind {
        let start = position
        var kind = DocumentToken.Kind.int
        if peek() == UInt8(ascii: "-") { position += 1 }
        let leadingZero = peek() == UInt8(ascii: "0")
        let integerDigits = digits()
        guard integerDigits > 0, !leadingZero || integerDigits == 1 else { throw error(.invalidNumber, at: start) }
        if peek() == UInt8(ascii: "."), peek(1) != UInt8(ascii: ".") {
            kind = .float
            position += 1
            guard digits() > 0 else { throw error(.invalidNumber, at: start) }
        }
        if let byte = peek(), byte | 0x20 == UInt8(ascii: "e") {
            kind = .float
            position += 1
            if peek() == UInt8(ascii: "+") || peek() == UInt8(ascii: "-") { position += 1 }
            guard digits() > 0 else { throw error(.invalidNumber, at: start) }
        }
        // The specification forbids a name or a dot directly after a number.
        if let byte = peek(), Self.isNameStart(byte) || byte == UInt8(ascii: ".") {
            throw error(.invalidNumber, at: start)
        }
        return kind
    }

    private mutating func digits() -> Int {
        let start = position
        while let byte = peek(), byte &- UInt8(ascii: "0") < 10 { position += 1 }
        return position - start
    }

    private mutating func string() throws(DocumentError) -> DocumentToken.Kind {
        let quote = UInt8(ascii: "\"")
        let start = position
        if peek(1) == quote, peek(2) == quote { return try blockString() }
        position += 1
        while let byte = peek(), byte != 0x0A, byte != 0x0D {
            if byte == quote {
                position += 1
                return .string
            } else if byte == UInt8(ascii: "\\") {
                try escape()
            } else {
                position += 1
            }
        }
        throw error(.unterminatedString, at: start)
    }

    private mutating func blockString() throws(DocumentError) -> DocumentToken.Kind {
        let quote = UInt8(ascii: "\"")
        let start = position
        position += 3
        while let byte = peek() {
            if byte == quote, peek(1) == quote, peek(2) == quote {
                position += 3
                return .blockString
            } else if byte == UInt8(ascii: "\\"), peek(1) == quote, peek(2) == quote, peek(3) == quote {
                position += 4
            } else {
                position += 1
            }
        }
        throw error(.unterminatedString, at: start)
    }

    private mutating func escape() throws(DocumentError) {
        let start = position
        position += 1
        switch peek() {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            position += 1
        case UInt8(ascii: "u"):
            position += 1
            try unicodeEscape(from: start)
        default:
            throw error(.invalidEscape, at: start)
        }
    }

    /// Skips what follows `\u`: four digits, or any number of them in braces.
    ///
    /// A surrogate must be followed by its other half.
    private mutating func unicodeEscape(from start: Int) throws(DocumentError) {
        guard peek() == UInt8(ascii: "{") else {
            guard let code = hexadecimal(atMost: 4) else { throw error(.invalidEscape, at: start) }
            guard Unicode.Scalar(code) == nil else { return }
            guard code < 0xDC00, peek() == UInt8(ascii: "\\"), peek(1) == UInt8(ascii: "u") else {
                throw error(.loneSurrogate, at: start)
            }
            position += 2
            guard let low = hexadecimal(atMost: 4), (0xDC00...0xDFFF).contains(low) else {
                throw error(.loneSurrogate, at: start)
            }
            return
        }
        position += 1
        guard let code = hexadecimal(atMost: .max), Unicode.Scalar(code) != nil, peek() == UInt8(ascii: "}") else {
            throw error(.invalidEscape, at: start)
        }
        position += 1
    }

    /// The value of up to `limit` digits; nil when there are too few of them.
    private mutating func hexadecimal(atMost limit: Int) -> UInt32? {
        var code: UInt32 = 0
        var count = 0
        while count < limit, let byte = peek(), let digit = JSONScanner.hexadecimalValue(byte) {
            // A value beyond Unicode stays there, so that more digits can't overflow it.
            code = Swift.min(code << 4 | digit, 0x11_0000)
            position += 1
            count += 1
        }
        return count == limit || (limit > 4 && count > 0) ? code : nil
    }

    private static func isNameStart(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "_") || (byte | 0x20) &- UInt8(ascii: "a") < 26
    }

    private static func isNameContinue(_ byte: UInt8) -> Bool {
        isNameStart(byte) || byte &- UInt8(ascii: "0") < 10
    }
}
