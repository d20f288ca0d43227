/// Why a text isn't an executable GraphQL document, and where.
package struct DocumentError: Error, Hashable, CustomStringConvertible {
    /// What was wrong.
    package enum Reason: Sendable, Hashable {
        /// More bytes than `Document.maximumLength`.
        case tooLong
        /// More tokens than `Document.maximumTokens`.
        case tooManyTokens
        /// Brackets nested deeper than `Document.maximumDepth`.
        case tooDeep
        /// Bytes that are not UTF-8.
        case invalidUTF8
        /// A character that can't begin a token.
        case unexpectedCharacter
        /// A number with a leading zero, without required digits, or directly followed by a name.
        case invalidNumber
        /// A string without an end; unless it is a block string, it must end on its line.
        case unterminatedString
        /// A backslash without an escape of the GraphQL specification.
        case invalidEscape
        /// An escape of half a surrogate pair, which isn't a character.
        case loneSurrogate
        /// A token that isn't allowed here.
        case unexpectedToken(String)
        /// The text ends inside a definition.
        case unexpectedEnd
        /// A definition of the type system, or of an unknown kind.
        case notExecutable(String)
        /// Two operations with the same name.
        case duplicateOperation(String)
        /// An operation without a name beside another operation.
        case anonymousNotAlone
        /// No operation at all.
        case noOperation
    }

    /// What was wrong.
    package let reason: Reason

    /// The line of the error, from 1.
    package let line: Int

    /// The column of the error in Unicode scalars, from 1.
    package let column: Int

    /// Makes an error at an offset.
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
