/// Finds the top-level `id` and `type` of a message of any size and depth, piece by piece, in constant memory.
///
/// It reads strings, brackets and the members of the outermost object, which is enough to find a message's operation.
/// Values aren't validated, so that `NaN`, invalid UTF-8 or a thousand brackets don't hide it. What isn't a single
/// object from its first brace to its last has no sketch.
package struct MessageSketcher: Sendable {
    private enum Place {
        /// Before the message's opening brace.
        case start
        /// After that brace; a key or the end follows.
        case firstKey
        /// After a comma; a key follows.
        case key
        /// After a key; a colon follows.
        case colon
        /// After a colon; a value follows.
        case value
        /// Within a number or a word.
        case word
        /// After a value; a comma or the end follows.
        case comma
        /// Within a value that is an array or object, at this depth.
        case nested(depth: Int)
        /// After the message's closing brace.
        case end
        /// The message isn't an object.
        case broken
    }

    private enum InString {
        case plain
        /// After a backslash.
        case escape
        /// Within `\u`; this many hexadecimal digits are still missing.
        case digits(left: Int)
    }

    private enum Member {
        case id, type, other
    }

    /// The longest text to keep: no type and no id has more bytes.
    private static let textLimit = 20

    private var place = Place.start
    private var string: InString?
    /// The string being read; one byte more than the limit marks a string that is too long, or can't be an id or type.
    private var text: [UInt8] = []
    private var codeUnit: UInt32 = 0
    private var member = Member.other
    private var id: UInt64?
    private var type: [UInt8] = []

    /// Makes a sketcher for a new message.
    package init() {}

    /// The sketch of a whole message; nil if it isn't an object.
    package static func sketch(_ bytes: Span<UInt8>) -> MessageSketch? {
        var sketcher = MessageSketcher()
        sketcher.take(bytes)
        return sketcher.sketch
    }

    /// The sketch once the whole message was taken; nil if it isn't an object.
    package var sketch: MessageSketch? {
        guard case .end = place else { return nil }
        return MessageSketch(id: id, type: type)
    }

    /// Takes the next piece of the message, of any size.
    package mutating func take(_ piece: Span<UInt8>) {
        var position = 0
        while position < piece.count {
            switch (string, place) {
            case (.plain, .nested): skipString(piece, &position)
            case (.escape, .nested):
                // An escaped character, such as a quote, doesn't end the string.
                position &+= 1
                string = .plain
            case (nil, .nested(let depth)): skipNested(piece, &position, depth: depth)
            case (let inString?, _): takeString(piece[position], inString, &position)
            case (nil, .broken): return
            case (nil, _): takeStructure(piece[position], &position)
            }
        }
    }

    /// Skips a string whose content isn't needed.
    private mutating func skipString(_ piece: Span<UInt8>, _ position: inout Int) {
        while position < piece.count {
            let byte = piece[position]
            position &+= 1
            if byte == UInt8(ascii: "\"") {
                string = nil
                return
            }
            if byte == UInt8(ascii: "\\") {
                string = .escape
                return
            }
        }
    }

    private mutating func skipNested(_ piece: Span<UInt8>, _ position: inout Int, depth: Int) {
        var depth = depth
        while position < piece.count {
            let byte = piece[position]
            position &+= 1
            switch byte {
            case UInt8(ascii: "\""):
                string = .plain
                place = .nested(depth: depth)
                return
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                depth &+= 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                depth &-= 1
                if depth == 0 {
                    place = .comma
                    return
                }
            default:
                break
            }
        }
        place = .nested(depth: depth)
    }

    private mutating func takeString(_ byte: UInt8, _ inString: InString, _ position: inout Int) {
        position &+= 1
        switch inString {
        case .plain:
            if byte == UInt8(ascii: "\"") {
                string = nil
                closeString()
            } else if byte == UInt8(ascii: "\\") {
                string = .escape
            } else {
                append(UInt32(byte))
            }
        case .escape:
            if byte == UInt8(ascii: "u") {
                codeUnit = 0
                string = .digits(left: 4)
            } else {
                // Of the other escapes, only the slash stands for a character that an id or type may contain.
                append(byte == UInt8(ascii: "/") ? UInt32(byte) : .max)
                string = .plain
            }
        case .digits(let left):
            guard let digit = JSONScanner.hexadecimalValue(byte) else {
                place = .broken
                string = nil
                return
            }
            codeUnit = codeUnit << 4 | digit
            string = left > 1 ? .digits(left: left - 1) : .plain
            if left == 1 { append(codeUnit) }
        }
    }

    private mutating func append(_ code: UInt32) {
        if code >= 0x80 {
            // No id and no type contains such a character, so that the text is marked as too long.
            while text.count <= Self.textLimit { text.append(0) }
        } else if text.count <= Self.textLimit {
            text.append(UInt8(truncatingIfNeeded: code))
        }
    }

    private mutating func closeString() {
        switch place {
        case .firstKey, .key:
            member = text.elementsEqual("id".utf8) ? .id : text.elementsEqual("type".utf8) ? .type : .other
            place = .colon
        case .value:
            let isShort = text.count <= Self.textLimit
            switch member {
            case .id: id = isShort ? OperationID.parse(digits: text.span) : nil
            case .type: type = isShort ? text : []
            case .other: break
            }
            place = .comma
        case .nested, .start, .colon, .word, .comma, .end, .broken:
            break
        }
        text.removeAll(keepingCapacity: true)
    }

    private mutating func takeStructure(_ byte: UInt8, _ position: inout Int) {
        let isSpace = byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09
        if case .word = place {
            // The byte that ends a number or a word is handled again.
            if isSpace || byte == UInt8(ascii: ",") || byte == UInt8(ascii: "}") {
                place = .comma
            } else if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "{") || byte == UInt8(ascii: "[") {
                place = .broken
            } else {
                position &+= 1
            }
            return
        }
        position &+= 1
        if isSpace { return }
        switch (place, byte) {
        case (.start, UInt8(ascii: "{")): place = .firstKey
        case (.firstKey, UInt8(ascii: "\"")), (.key, UInt8(ascii: "\"")): string = .plain
        case (.firstKey, UInt8(ascii: "}")), (.comma, UInt8(ascii: "}")): place = .end
        case (.colon, UInt8(ascii: ":")): place = .value
        case (.comma, UInt8(ascii: ",")): place = .key
        case (.value, _): beginValue(byte)
        default: place = .broken
        }
    }

    private mutating func beginValue(_ byte: UInt8) {
        switch member {
        case .id: id = nil
        case .type: type = []
        case .other: break
        }
        switch byte {
        case UInt8(ascii: "\""): string = .plain
        case UInt8(ascii: "{"), UInt8(ascii: "["): place = .nested(depth: 1)
        case UInt8(ascii: ","), UInt8(ascii: "}"), UInt8(ascii: "]"), UInt8(ascii: ":"): place = .broken
        default: place = .word
        }
    }
}
