/// A field of a request's or a response's head (RFC 9110, section 5): what is mostly called a header.
package struct HTTPField: Sendable, Hashable {
    /// The name, as it is written or was read; readers say when it is in lower case.
    package var name: String
    /// The value, without blanks around it.
    package var value: String

    /// Makes a field.
    package init(name: String, value: String) {
        self.name = name
        self.value = value
    }

    /// What it is in a head, with the end of its line.
    package var line: String { "\(name): \(value)\r\n" }

    /// Why it would break out of its line; nil when it may be sent.
    package var flaw: String? {
        let isPlain = { (text: String, lowest: UInt8) in text.utf8.allSatisfy { $0 >= lowest && $0 != 0x7F } }
        let isName = !name.isEmpty && isPlain(name, 0x21) && !name.utf8.contains(UInt8(ascii: ":"))
        guard !isName || !isPlain(value, 0x20) else { return nil }
        return "the header \(name.debugDescription) has characters that no header has"
    }
}
