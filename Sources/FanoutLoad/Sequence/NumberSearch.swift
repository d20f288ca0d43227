/// Finds the first integer member of a given name, at any depth of a JSON text.
///
/// It searches bytes instead of parsing: inside a JSON string every quote has a backslash before it, so a quoted key whose
/// opening quote has none, followed by a colon, can only be a member's key.
struct NumberSearch {
    private let key: [UInt8]

    /// A search for members called `name`, which has no quotes, backslashes or control characters.
    init(name: String) {
        key = Array("\"\(name)\"".utf8)
    }

    /// The first integer that fits in 64 bits and stands at such a member.
    func first(in text: Span<UInt8>) -> Int64? {
        var start = 0
        while start + key.count < text.count {
            guard text[start] == UInt8(ascii: "\"") else {
                start += 1
                continue
            }
            if matches(text, at: start), let number = number(in: text, after: start + key.count) { return number }
            start += 1
        }
        return nil
    }

    private func matches(_ text: Span<UInt8>, at start: Int) -> Bool {
        for index in 1..<key.count where text[start + index] != key[index] { return false }
        return start == 0 || text[start - 1] != UInt8(ascii: "\\")
    }

    private func number(in text: Span<UInt8>, after keyEnd: Int) -> Int64? {
        var position = keyEnd
        guard Self.skipSpace(text, &position), text[position] == UInt8(ascii: ":") else { return nil }
        position += 1
        guard Self.skipSpace(text, &position) else { return nil }
        let start = position
        while position < text.count, !Self.endsNumber(text[position]) { position += 1 }
        // A number cut off by the text's end may have lost digits.
        guard position < text.count else { return nil }
        return IntegerText.parse(text.extracting(start..<position))
    }

    private static func skipSpace(_ text: Span<UInt8>, _ position: inout Int) -> Bool {
        while position < text.count, [0x20, 0x09, 0x0A, 0x0D].contains(text[position]) { position += 1 }
        return position < text.count
    }

    private static func endsNumber(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: ","), UInt8(ascii: "}"), UInt8(ascii: "]"), 0x20, 0x09, 0x0A, 0x0D: true
        default: false
        }
    }
}
