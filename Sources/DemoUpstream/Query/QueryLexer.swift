/// Splits the canonical text of a document into tokens, which have been validated before.
struct QueryLexer {
    private let bytes: [UInt8]
    private var position = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    mutating func next() throws(QueryError) -> QueryToken {
        while let byte = peek(), byte <= 0x20 || byte == UInt8(ascii: ",") { position += 1 }
        guard let byte = peek() else { return .end }
        let start = position
        position += 1
        switch byte {
        case UInt8(ascii: "."):
            position = min(start + 3, bytes.count)
            return .punctuator(".")
        case UInt8(ascii: "\""):
            return try string()
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
            while let next = peek(), Self.isWord(next) || Self.isInsideNumber(next) { position += 1 }
            return .number(text(start..<position))
        case _ where Self.isWord(byte):
            while let next = peek(), Self.isWord(next) { position += 1 }
            return .name(text(start..<position))
        case 0x21..<0x7F:
            return .punctuator(Unicode.Scalar(byte))
        default:
            throw QueryError("the document can't be read")
        }
    }

    private mutating func string() throws(QueryError) -> QueryToken {
        let start = position
        while let byte = peek() {
            position += 1
            if byte == UInt8(ascii: "\"") { return .string(text(start..<position - 1)) }
            if byte == UInt8(ascii: "\\") { position += 1 }
        }
        throw QueryError("a string isn't terminated")
    }

    private func peek() -> UInt8? { position < bytes.count ? bytes[position] : nil }

    private func text(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }

    private static func isWord(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "_") || (byte | 0x20) &- UInt8(ascii: "a") < 26 || byte &- UInt8(ascii: "0") < 10
    }

    private static func isInsideNumber(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: ".") || byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-")
    }
}
