/// Finds the top-level `id` and `type` of a message of any size and depth, piece by piece, in constant memory.
///
/// It knows strings, brackets and the members of the outermost object, which is enough to tell whose a message is: what
/// stands inside of values is not validated, so that `NaN`, bytes that are no UTF-8 or a thousand brackets don't hide it.
/// What isn't one object from its first brace to its last has no sketch.
package struct MessageSketcher: Sendable {
    private enum Place {
        /// Before the brace that opens the message.
        case start
        /// Behind that brace: a key, or the end.
        case firstKey
        /// Behind a comma: a key.
        case key
        /// Behind a key.
        case colon
        /// Behind a colon.
        case value
        /// Inside a number or a word.
        case word
        /// Behind a value: a comma, or the end.
        case comma
        /// Inside of so many arrays and objects that are the value.
        case nested(depth: Int)
        /// Behind the brace that closes the message.
        case end
        /// This is no object.
        case broken
    }

    private enum InString {
        case plain
        /// Behind a backslash.
        case escape
        /// So many hexadecimal digits of `\u` are missing.
        case digits(left: Int)
    }

    private enum Member {
        case id, type, other
    }

    /// The longest text of interest: no type and no id has more bytes.
    private static let textLimit = 20

    private var place = Place.start
    private var string: InString?
    /// The string that is read; more than the limit, or what can't be a part of it, stands as one byte too many.
    private var text: [UInt8] = []
    private var codeUnit: UInt32 = 0
    private var member = Member.other
    private var id: UInt64?
    private var type: [UInt8] = []

    /// A sketcher at the beginning of a message.
    package init() {}

    /// The sketch of a whole message; nil if it is no object.
    package static func sketch(_ bytes: Span<UInt8>) -> MessageSketch? {
        var sketcher = MessageSketcher()
        sketcher.take(bytes)
        return sketcher.sketch
    }

    /// The sketch, once the whole message was taken; nil if that is no object.
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
                // Whatever is escaped, a quote above all, ends nothing.
                position &+= 1
                string = .plain
            case (nil, .nested(let depth)): skipNested(piece, &position, depth: depth)
            case (let inString?, _): takeString(piece[position], inString, &position)
            case (nil, .broken): return
            case (nil, _): takeStructure(piece[position], &position)
            }
        }
    }

    /// Moves through a string that nobody wants to read.
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
                // Of the other escapes only the slash stands for something that an id or a type could hold.
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
            // No id and no type has such a character: now it is too long to be one.
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
            // Whatever ends a number or a word is looked at once more.
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
