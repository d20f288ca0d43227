/// Why a text is no executable GraphQL document, and where.
package struct DocumentError: Error, Hashable, CustomStringConvertible {
    /// What was wrong.
    package enum Reason: Sendable, Hashable {
        /// More bytes than `Document.maximumLength`.
        case tooLong
        /// More tokens than `Document.maximumTokens`.
        case tooManyTokens
        /// More brackets within one another than `Document.maximumDepth`.
        case tooDeep
        /// Bytes that are not UTF-8.
        case invalidUTF8
        /// A character that begins no token.
        case unexpectedCharacter
        /// A number with a leading zero, without digits where they are required, or run together with a name.
        case invalidNumber
        /// A string that does not end, on its line unless it is a block string.
        case unterminatedString
        /// A backslash that starts no escape of the GraphQL specification.
        case invalidEscape
        /// An escape of one half of a surrogate pair, which stands for no character.
        case loneSurrogate
        /// A token that cannot stand here.
        case unexpectedToken(String)
        /// The text ends inside a definition.
        case unexpectedEnd
        /// A definition of the type system, or of no kind at all.
        case notExecutable(String)
        /// Two operations of one name.
        case duplicateOperation(String)
        /// An operation without a name beside another operation.
        case anonymousNotAlone
        /// No operation at all.
        case noOperation
    }

    /// What was wrong.
    package let reason: Reason

    /// The line at which it was noticed, counted from 1.
    package let line: Int

    /// The column at which it was noticed, counted from 1 in Unicode scalars.
    package let column: Int

    /// An error at an offset.
    init(_ reason: Reason, at offset: Int, in bytes: [UInt8]) {
        self.reason = reason
        (line, column) = Self.position(of: offset, in: bytes)
    }

    /// The line and column of an offset, by the line terminators of the GraphQL specification.
    static func position(of offset: Int, in bytes: [UInt8]) -> (line: Int, column: Int) {
        var line = 1
        var column = 1
        for index in 0..<Swift.min(offset, bytes.count) {
            switch bytes[index] {
            case UInt8(ascii: "\n") where index > 0 && bytes[index - 1] == UInt8(ascii: "\r"):
                break
            case UInt8(ascii: "\n"), UInt8(ascii: "\r"):
                line += 1
                column = 1
            case 0x80...0xBF: break
            default: column += 1
            }
        }
        return (line, column)
    }

    package var description: String {
        let what =
            switch reason {
            case .tooLong: "more than \(Document.maximumLength) bytes"
            case .tooManyTokens: "more than \(Document.maximumTokens) tokens"
            case .tooDeep: "more than \(Document.maximumDepth) brackets within one another"
            case .invalidUTF8: "not UTF-8"
            case .unexpectedCharacter: "unexpected character"
            case .invalidNumber: "invalid number"
            case .unterminatedString: "unterminated string"
            case .invalidEscape: "invalid escape"
            case .loneSurrogate: "a lone surrogate, which is no character,"
            case .unexpectedToken(let text): "unexpected \(text)"
            case .unexpectedEnd: "unexpected end"
            case .notExecutable(let word): "\"\(word)\" begins no operation and no fragment"
            case .duplicateOperation(let name): "a second operation named \"\(name)\""
            case .anonymousNotAlone: "an operation without a name must be the only one"
            case .noOperation: "no operation"
            }
        return "\(what) at line \(line), column \(column)"
    }
}
