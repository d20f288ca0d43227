/// Steps through the members of one JSON object; nested values are skipped by counting brackets.
///
/// It isn't a validator: it finds the members of valid JSON, and stops where it can't continue.
struct JSONWalk {
    /// A member's value, as offsets.
    enum Value: Equatable {
        /// A string's content between the quotes.
        case string(Range<Int>)
        /// A number, literal, object or array.
        case other(Range<Int>)
    }

    /// A key's content between the quotes, and the value.
    struct Member: Equatable {
        var key: Range<Int>
        var value: Value
    }

    private var position = 0

    /// Steps into the object; false if the text doesn't begin with one.
    mutating func enterObject(_ text: Span<UInt8>) -> Bool {
        skipSpace(text)
        return take(UInt8(ascii: "{"), text)
    }

    /// The next member; nil at the object's end, or where the text can't be read.
    mutating func nextMember(in text: Span<UInt8>) -> Member? {
        skipSpace(text)
        if take(UInt8(ascii: ","), text) { skipSpace(text) }
        guard take(UInt8(ascii: "\""), text), let key = finishString(text) else { return nil }
        skipSpace(text)
        guard take(UInt8(ascii: ":"), text) else { return nil }
        skipSpace(text)
        if take(UInt8(ascii: "\""), text) {
            guard let content = finishString(text) else { return nil }
            return Member(key: key, value: .string(content))
        }
        guard let range = skipValue(text) else { return nil }
        return Member(key: key, value: .other(range))
    }

    private mutating func skipSpace(_ text: Span<UInt8>) {
        while position < text.count {
            switch text[position] {
            case 0x20, 0x09, 0x0A, 0x0D: position += 1
            default: return
            }
        }
    }

    private mutating func take(_ byte: UInt8, _ text: Span<UInt8>) -> Bool {
        guard position < text.count, text[position] == byte else { return false }
        position += 1
        return true
    }

    /// Reads from after the opening quote to after the closing one.
    private mutating func finishString(_ text: Span<UInt8>) -> Range<Int>? {
        let start = position
        while position < text.count {
            switch text[position] {
            case UInt8(ascii: "\\"):
                position += 2
            case UInt8(ascii: "\""):
                position += 1
                return start..<position - 1
            default:
                position += 1
            }
        }
        return nil
    }

    private mutating func skipValue(_ text: Span<UInt8>) -> Range<Int>? {
        let start = position
        var depth = 0
        while position < text.count {
            switch text[position] {
            case UInt8(ascii: "\""):
                position += 1
                guard finishString(text) != nil else { return nil }
                continue
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                if depth == 0 { return start..<position }
                depth -= 1
            case UInt8(ascii: ",") where depth == 0:
                return start..<position
            default:
                break
            }
            position += 1
        }
        return nil
    }
}
