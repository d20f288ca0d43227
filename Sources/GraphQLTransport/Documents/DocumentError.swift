/// Why a text is no executable GraphQL document that could be valid, and where.
package struct DocumentError: Error, Hashable, CustomStringConvertible {
    /// What was wrong.
    package enum Reason: Sendable, Hashable {
        /// More bytes than `Document.maximumLength`.
        case tooLong
        /// More tokens than `Document.maximumTokens`.
        case tooManyTokens
        /// More aliases than `Document.maximumAliases`.
        case tooManyAliases
        /// More selection sets, or more lists and input objects, within one another than `Document.maximumDepth`.
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
        /// Two fragments of one name.
        case duplicateFragment(String)
        /// Two variables of one name in an operation.
        case duplicateVariable(String)
        /// Two arguments of one name at a field or directive.
        case duplicateArgument(String)
        /// Two fields of one name in an input object.
        case duplicateInputField(String)
        /// A fragment is spread that isn't there.
        case unknownFragment(String)
        /// A fragment that is part of no operation.
        case unusedFragment(String)
        /// A fragment that contains itself, at any depth.
        case cyclicFragment(String)
        /// An operation, or a fragment in it, uses a variable that the operation doesn't define.
        case undefinedVariable(String)
        /// A variable that its operation doesn't use.
        case unusedVariable(String)
        /// A second field at the top of a subscription, by its key in the result.
        case severalRootFields(String)
        /// A field of the schema's own, such as `__typename`, at the top of a subscription.
        case introspectionRootField(String)
        /// `@skip` or `@include` at the top of a subscription.
        case conditionalRootField
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

    /// The member `locations` of a GraphQL error: a JSON array of this one place.
    package var locations: [UInt8] { Array(#"[{"line":\#(line),"column":\#(column)}]"#.utf8) }

    package var description: String { "\(reason.sentence) at line \(line), column \(column)" }
}

extension DocumentError.Reason {
    /// What was wrong, in words.
    fileprivate var sentence: String {
        switch self {
        case .tooLong: "more than \(Document.maximumLength) bytes"
        case .tooManyTokens: "more than \(Document.maximumTokens) tokens"
        case .tooManyAliases: "more than \(Document.maximumAliases) aliases"
        case .tooDeep: "more than \(Document.maximumDepth) selections or values within one another"
        case .invalidUTF8: "not UTF-8"
        case .unexpectedCharacter: "unexpected character"
        case .invalidNumber: "invalid number"
        case .unterminatedString: "unterminated string"
        case .invalidEscape: "invalid escape"
        case .loneSurrogate: "a lone surrogate, which is no character,"
        case .unexpectedToken(let text): "unexpected \(clip(text))"
        case .unexpectedEnd: "unexpected end"
        case .notExecutable(let word): "\"\(clip(word))\" begins no operation and no fragment"
        case .duplicateOperation(let name): "a second operation named \"\(clip(name))\""
        case .anonymousNotAlone: "an operation without a name must be the only one"
        case .noOperation: "no operation"
        case .duplicateFragment(let name): "a second fragment named \"\(clip(name))\""
        case .duplicateVariable(let name): "a second variable named $\(clip(name))"
        case .duplicateArgument(let name): "a second argument named \"\(clip(name))\""
        case .duplicateInputField(let name): "a second input field named \"\(clip(name))\""
        case .unknownFragment(let name): "no fragment is named \"\(clip(name))\","
        case .unusedFragment(let name): "the fragment \"\(clip(name))\" is part of no operation,"
        case .cyclicFragment(let name): "the fragment \"\(clip(name))\" contains itself"
        case .undefinedVariable(let name): "the variable $\(clip(name)) is used but not defined"
        case .unusedVariable(let name): "the variable $\(clip(name)) is defined but not used"
        case .severalRootFields(let key): "a subscription has one field at its top, \"\(clip(key))\" is another one"
        case .introspectionRootField(let name): "\"\(clip(name))\" can't be the field at the top of a subscription"
        case .conditionalRootField: "@skip and @include can't be at the top of a subscription"
        }
    }

    /// The beginning of a text that a stranger made as long as it liked.
    private func clip(_ text: String) -> String { String(text.unicodeScalars.prefix(64)) }
}
