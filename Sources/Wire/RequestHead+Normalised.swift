/// A strict form of a head, for libwebsockets, whose parser is lenient.
extension RequestHead {
    /// The most bytes of Sec-WebSocket-Extensions that are passed on.
    package static let maximumExtensionsSize = 255

    /// Writes the head anew, with known fields only, each once and under its usual name.
    ///
    /// A whole URL becomes a path and a Host; Upgrade and Connection say what was understood. Other fields are left
    /// out, since libwebsockets takes some names for others. Each `%` of the query is encoded once more, because
    /// libwebsockets decodes before it looks for delimiters: whoever gets its parameters decodes them with
    /// `String(percentDecoding:)`. For that reason, and for blanks after colons, the result may be longer than the
    /// original.
    ///
    /// A request for another protocol becomes the last one of its connection: libwebsockets would refuse the next
    /// request if it asked again.
    ///
    /// What proxies tell is left out, too: who decides by it reads it here.
    ///
    /// - Parameters:
    ///   - host: A host in place of that of the request.
    ///   - isLast: Whether the connection ends with the answer, as far as it isn't upgraded.
    package func normalised(host: String? = nil, isLast: Bool = false) -> [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity(min(size, 1024))
        text.append(contentsOf: method.rawValue.utf8)
        text.append(.space)
        if pathRange.isEmpty || bytes[pathRange.lowerBound] != UInt8(ascii: "/") { text.append(UInt8(ascii: "/")) }
        append(path: pathRange, to: &text)
        text.append(minorVersion == 0 ? " HTTP/1.0\r\n" : " HTTP/1.1\r\n")
        var written = FieldName.upgrade.bit | FieldName.connection.bit | FieldName.toldByProxies
        if asksForWebSocket {
            text.append("Upgrade: websocket\r\nConnection: Upgrade\r\n")
        } else if isLast || minorVersion == 0 || has("close", in: .connection) || hasLineEndInQuery
            || asksForAnotherProtocol
        {
            text.append("Connection: close\r\n")
        }
        if host != nil || targetForm == .absolute {
            text.append(.host, host.map { Array($0.utf8)[...] } ?? bytes[authorityRange])
            written |= FieldName.host.bit
        }
        for (index, field) in fieldRanges.enumerated() {
            guard let name = field.known, written & name.bit == 0, !field.value.isEmpty || name == .host else {
                continue
            }
            written |= name.bit
            if name == .host, field.value.isEmpty, asksForWebSocket {
                // libwebsockets hangs up on a handshake without a host; nothing is named like this.
                text.append("Host: -\r\n")
                continue
            }
            let start = text.count
            if name == .webSocketProtocol {
                appendProtocols(fieldRanges[index...], to: &text)
                continue
            }
            text.append(name, bytes[field.value])
            if let separator = name.separator { join(fieldRanges[(index + 1)...], of: name, separator, to: &text) }
            if name == .webSocketExtensions, text.count - start > Self.maximumExtensionsSize + 28 {
                text.removeSubrange(start...)
            }
        }
        text.append("\r\n")
        return text
    }

    private func append(path: Range<Int>, to text: inout [UInt8]) {
        let query = bytes[path].firstIndex(of: UInt8(ascii: "?")) ?? path.upperBound
        text.append(contentsOf: bytes[path.lowerBound..<query])
        for byte in bytes[query..<path.upperBound] {
            text.append(byte)
            if byte == UInt8(ascii: "%") { text.append("25") }
        }
    }

    /// Whether the query contains an encoded line end.
    ///
    /// In later requests of a connection libwebsockets can't read such a query, so this request becomes the last one.
    private var hasLineEndInQuery: Bool {
        guard let query = bytes[pathRange].firstIndex(of: UInt8(ascii: "?")) else { return false }
        return bytes[query..<pathRange.upperBound].indices.contains { index in
            guard bytes[index] == UInt8(ascii: "%"), bytes[index + 1] == UInt8(ascii: "0") else { return false }
            let digit = bytes[index + 2].lowercased
            return digit == UInt8(ascii: "a") || digit == UInt8(ascii: "d")
        }
    }

    /// Appends the subprotocols that all fields offer, if there are any.
    ///
    /// A list may have empty elements (RFC 9110, section 5.6.1), at which libwebsockets would end the connection.
    private func appendProtocols(_ fields: ArraySlice<Field>, to text: inout [UInt8]) {
        let start = text.count
        for field in fields where field.known == .webSocketProtocol {
            for element in bytes[field.value].split(separator: .comma) {
                let name = element.trimmingBlanks
                guard !name.isEmpty else { continue }
                if text.count == start {
                    text.append(FieldName.webSocketProtocol.spelling)
                    text.append(": ")
                } else {
                    text.append(", ")
                }
                text.append(contentsOf: name)
            }
        }
        if text.count > start { text.append("\r\n") }
    }

    /// Appends what further fields of a list have to the line that was written last.
    private func join(
        _ fields: ArraySlice<Field>,
        of name: FieldName,
        _ separator: StaticString,
        to text: inout [UInt8]
    ) {
        for field in fields where field.known == name && !field.value.isEmpty {
            text.removeLast(2)
            text.append(separator)
            text.append(contentsOf: bytes[field.value])
            text.append("\r\n")
        }
    }
}

extension FieldName {
    /// Its bit in a set of names.
    fileprivate var bit: UInt32 { 1 << UInt32(rawValue) }

    /// The bits of what proxies tell of their clients.
    fileprivate static let toldByProxies =
        FieldName.forwarded.bit | FieldName.forwardedFor.bit | FieldName.forwardedHost.bit
        | FieldName.forwardedProtocol.bit
}

extension [UInt8] {
    mutating func append(_ text: StaticString) {
        text.withUTF8Buffer { unsafe append(contentsOf: $0) }
    }

    fileprivate mutating func append(_ name: FieldName, _ value: ArraySlice<UInt8>) {
        append(name.spelling)
        append(": ")
        append(contentsOf: value)
        append("\r\n")
    }
}
