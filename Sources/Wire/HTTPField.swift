/// A field of a request's or a response's head, mostly called a header (RFC 9110, section 5).
package struct HTTPField: Sendable, Hashable {
    /// The name as it is written or was read; readers say when it is in lower case.
    package var name: String
    /// The value, without surrounding blanks.
    package var value: String

    /// Makes a field.
    package init(name: String, value: String) {
        self.name = name
        self.value = value
    }

    /// The field's line in a head, with the line end.
    package var line: String { "\(name): \(value)\r\n" }

    /// Why the field can't be sent, such as a line end in its value; nil when it can.
    package var flaw: String? {
        let isPlain = { (text: String, lowest: UInt8) in text.utf8.allSatisfy { $0 >= lowest && $0 != 0x7F } }
        let isName = !name.isEmpty && isPlain(name, 0x21) && !name.utf8.contains(UInt8(ascii: ":"))
        guard !isName || !isPlain(value, 0x20) else { return nil }
        return "the header \(name.debugDescription) has characters that no header has"
    }
}
