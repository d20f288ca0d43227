/// An element of `Forwarded` (RFC 7239, section 4): what one proxy tells of a request.
struct ForwardedElement: Equatable {
    /// From whom the request came to the proxy.
    var client: [UInt8]?
    /// The Host of the request.
    var host: [UInt8]?
    /// Its scheme.
    var scheme: [UInt8]?

    /// Reads `NAME=VALUE` pairs with semicolons between them; nil for anything else, and when a name stands twice.
    ///
    /// Blanks around a semicolon are no part of the grammar, but there are proxies that write them.
    init?(_ element: ArraySlice<UInt8>) {
        var rest = element
        var names: Set<[UInt8]> = []
        while true {
            rest = rest.drop(while: \.isBlank)
            let name = rest.prefix(while: \.isToken)
            rest = rest[name.endIndex...]
            // Between two semicolons a pair may be missing.
            if !name.isEmpty {
                guard rest.popFirst() == UInt8(ascii: "="), let value = Self.value(of: &rest) else { return nil }
                let name = name.map(\.lowercased)
                guard names.insert(name).inserted else { return nil }
                switch String(decoding: name, as: UTF8.self) {
                case "for": client = value
                case "host": host = value
                case "proto": scheme = value
                default: break
                }
            }
            rest = rest.drop(while: \.isBlank)
            guard let separator = rest.popFirst() else { return }
            guard separator == UInt8(ascii: ";") else { return nil }
        }
    }

    /// The token or quoted string at the beginning, without quotes and escapes; nil when there is none.
    private static func value(of rest: inout ArraySlice<UInt8>) -> [UInt8]? {
        guard rest.first == UInt8(ascii: "\"") else {
            let token = rest.prefix(while: \.isToken)
            rest = rest[token.endIndex...]
            return token.isEmpty ? nil : Array(token)
        }
        rest.removeFirst()
        var value: [UInt8] = []
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "\""): return value
            case UInt8(ascii: "\\"):
                guard let escaped = rest.popFirst() else { return nil }
                value.append(escaped)
            default: value.append(byte)
            }
        }
        return nil
    }
}
