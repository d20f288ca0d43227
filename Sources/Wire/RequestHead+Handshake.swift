/// A handshake that a server reads here, so that libwebsockets has only to answer it.
extension RequestHead {
    /// The path and the query as they are written, if they mean the same to libwebsockets; nil otherwise.
    ///
    /// libwebsockets decodes a target, and then takes dots and empty parts out of its path, reads `+` as a blank, and
    /// ends a parameter at `;`. Here only targets pass at which none of that shows.
    package var literalTarget: (path: String, query: String)? {
        guard targetForm == .origin else { return nil }
        let end = bytes[pathRange].firstIndex(of: UInt8(ascii: "?")) ?? pathRange.upperBound
        guard isLiteralPath(pathRange.lowerBound..<end) else { return nil }
        guard end < pathRange.upperBound else { return (text(pathRange), "") }
        let query = (end + 1)..<pathRange.upperBound
        guard isLiteralQuery(query) else { return nil }
        return (text(pathRange.lowerBound..<end), text(query))
    }

    private func isLiteralPath(_ path: Range<Int>) -> Bool {
        var former: UInt8 = 0
        for byte in bytes[path] {
            guard byte.isUnreserved || byte == .slash else { return false }
            if former == .slash, byte == .slash || byte == UInt8(ascii: ".") { return false }
            former = byte
        }
        return true
    }

    private func isLiteralQuery(_ query: Range<Int>) -> Bool {
        let ampersand = UInt8(ascii: "&")
        var former = ampersand
        for byte in bytes[query] {
            guard byte.isUnreserved || byte == UInt8(ascii: "=") || byte == ampersand else { return false }
            if former == ampersand, byte == ampersand { return false }
            former = byte
        }
        return former != ampersand
    }

    /// The value of a field, several ones of a list joined; nil when it is empty or missing.
    package func nonEmptyValue(of name: FieldName) -> String? {
        var value: String?
        for field in fieldRanges where field.known == name && !field.value.isEmpty {
            let next = text(field.value)
            value = value.map { $0 + (name.separator.map { "\($0)" } ?? "") + next } ?? next
        }
        return value
    }

    /// A head with which libwebsockets completes this handshake, and which says nothing else: it takes 130 instructions
    /// for each byte.
    ///
    /// - Parameter subprotocol: The one to choose; nil for none.
    package func bareHandshake(subprotocol: String?) -> [UInt8] {
        var head: [UInt8] = []
        head.reserveCapacity(192)
        // Without a Host it would hang up.
        head.append(
            "GET / HTTP/1.1\r\nHost:a\r\nUpgrade:websocket\r\nConnection:Upgrade\r\nSec-WebSocket-Version:13\r\n"
        )
        head.append("Sec-WebSocket-Key:")
        if let key = range(of: .webSocketKey) { head.append(contentsOf: bytes[key]) }
        if let subprotocol {
            head.append("\r\nSec-WebSocket-Protocol:")
            head.append(contentsOf: subprotocol.utf8)
        }
        head.append("\r\n\r\n")
        return head
    }
}

extension UInt8 {
    fileprivate static let slash = UInt8(ascii: "/")

    /// Whether it means itself in every part of a target (RFC 3986, section 2.3).
    fileprivate var isUnreserved: Bool {
        switch self {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."),
            UInt8(ascii: "~"):
            true
        default: false
        }
    }
}
