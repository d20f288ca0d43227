/// A header field of an HTTP request, from a flag or a file.
package struct HeaderLine: FlagValue, Hashable {
    package static let allowed = "'Name: value' on one line"

    package let name: String
    package let value: String

    /// Reads `Name: value`.
    package init?(_ text: String) {
        guard let colon = text.firstIndex(of: ":") else { return nil }
        self.init(name: String(text[..<colon]), value: String(text[text.index(after: colon)...].drop { $0 == " " }))
    }

    /// Nil for a name that isn't a token, and for control characters, which could smuggle in another header.
    package init?(name: String, value: String) {
        let isToken = !name.isEmpty && name.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: ":") }
        guard isToken, value.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else { return nil }
        self.name = name
        self.value = value
    }

    package var description: String { "\(name): \(value)" }
}
