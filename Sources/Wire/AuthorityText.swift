/// A host with an optional port, as in a Host field or a URL (RFC 3986, section 3.2); user information isn't allowed.
package struct AuthorityText {
    /// The host, with its brackets if it is an IPv6 address; it may be empty.
    package let host: Range<Int>
    /// The digits after the colon; nil without one.
    package let port: Range<Int>?

    /// Nil when the text isn't an authority.
    init?(_ range: Range<Int>, in bytes: Span<UInt8>) {
        var end = range.lowerBound
        if end < range.upperBound, bytes[end] == UInt8(ascii: "[") {
            guard let bracket = bytes.first(UInt8(ascii: "]"), in: range), bracket > end + 1,
                ((end + 1)..<bracket).allSatisfy({ bytes[$0].isAddress })
            else { return nil }
            end = bracket + 1
        } else {
            while end < range.upperBound, bytes[end].isRegisteredName { end += 1 }
        }
        host = range.lowerBound..<end
        if end == range.upperBound {
            port = nil
        } else {
            let digits = (end + 1)..<range.upperBound
            guard bytes[end] == UInt8(ascii: ":"), digits.count <= 5, digits.allSatisfy({ bytes[$0].isDigit }) else {
                return nil
            }
            port = digits
        }
    }
}

extension AuthorityText {
    /// The host with its brackets, and the digits after its colon; nil when the text isn't an authority.
    package static func split(_ text: String) -> (host: String, port: String?)? {
        let bytes = Array(text.utf8)
        guard let parts = AuthorityText(bytes.indices, in: bytes.span) else { return nil }
        let part = { (range: Range<Int>) in String(decoding: bytes[range], as: UTF8.self) }
        return (part(parts.host), parts.port.map(part))
    }
}

extension UInt8 {
    /// Whether it may stand between brackets: IPv6, perhaps with IPv4 at its end, or a later version.
    fileprivate var isAddress: Bool {
        isHexadecimal || self == UInt8(ascii: ":") || self == UInt8(ascii: ".") || self == UInt8(ascii: "%")
    }

    /// Whether it is part of a reg-name of RFC 3986.
    fileprivate var isRegisteredName: Bool {
        switch self {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: "~"), UInt8(ascii: "%"), UInt8(ascii: "!"), UInt8(ascii: "$"), UInt8(ascii: "&"),
            UInt8(ascii: "'"), UInt8(ascii: "("), UInt8(ascii: ")"), UInt8(ascii: "*"), UInt8(ascii: "+"),
            UInt8(ascii: ";"), UInt8(ascii: "="):
            true
        default: false
        }
    }
}
