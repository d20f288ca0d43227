/// Finds the first number in a member of a given name, at any depth of a JSON text.
///
/// It searches bytes instead of parsing. Inside a JSON string every quote has a backslash before it. So a quoted key
/// without a backslash before its opening quote, and with a colon after it, can only be a member's key.
struct NumberSearch {
    private let key: [UInt8]

    /// A search for members called `name`, which contains no quotes, backslashes or control characters.
    init(name: String) {
        key = Array("\"\(name)\"".utf8)
    }

    /// The first integer in such a member that fits in 64 bits.
    func first(in text: Span<UInt8>) -> Int64? {
        var start = 0
        while let member = nextMember(in: text, from: start) {
            if let place = place(in: text, at: member), let number = IntegerText.parse(text.extracting(place)) {
                return number
            }
            start = member + 1
        }
        return nil
    }

    /// The offset at which the next such member begins.
    func nextMember(in text: Span<UInt8>, from start: Int) -> Int? {
        var start = start
        while start + key.count < text.count {
            if text[start] == UInt8(ascii: "\""), matches(text, at: start) { return start }
            start += 1
        }
        return nil
    }

    /// The value's offsets, if such a member begins at `start`; the value need not be a number.
    func place(in text: Span<UInt8>, at start: Int) -> Range<Int>? {
        guard start >= 0, start + key.count < text.count, text[start] == UInt8(ascii: "\""), matches(text, at: start)
        else { return nil }
        var position = start + key.count
        guard Self.skipSpace(text, &position), text[position] == UInt8(ascii: ":") else { return nil }
        position += 1
        guard Self.skipSpace(text, &position) else { return nil }
        let first = position
        while position < text.count, !Self.endsNumber(text[position]) { position += 1 }
        // A number at the text's end may have lost digits.
        return position < text.count ? first..<position : nil
    }

    private func matches(_ text: Span<UInt8>, at start: Int) -> Bool {
        for index in 1..<key.count where text[start + index] != key[index] { return false }
        return start == 0 || text[start - 1] != UInt8(ascii: "\\")
    }

    private static func skipSpace(_ text: Span<UInt8>, _ position: inout Int) -> Bool {
        while position < text.count {
            switch text[position] {
            case 0x20, 0x09, 0x0A, 0x0D: position += 1
            default: return true
            }
        }
        return false
    }

    private static func endsNumber(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: ","), UInt8(ascii: "}"), UInt8(ascii: "]"), 0x20, 0x09, 0x0A, 0x0D: true
        default: false
        }
    }
}
