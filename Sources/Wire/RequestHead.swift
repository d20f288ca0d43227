/// The head of an HTTP/1 request that follows RFC 9112; made by `RequestHeadParser`.
package struct RequestHead: Sendable, Equatable {
    /// The most bytes of a head, with the blank line.
    package static let maximumSize = 16 * 1024
    /// The most fields of a head.
    package static let maximumFieldCount = 100
    /// The most parameters in a target's query, separated by `&` or `;`.
    package static let maximumParameterCount = 64

    /// A field by its place in the head.
    struct Field: Sendable, Equatable {
        /// Its name, if it is a known one.
        var known: FieldName?
        var name: Range<Int>
        var value: Range<Int>
    }

    /// The form of the request's target (RFC 9112, section 3.2).
    package enum Target: Sendable, Equatable {
        /// A path with a query.
        case origin
        /// A whole URL, whose authority replaces the Host.
        case absolute
        /// `*`, with OPTIONS: the server as a whole.
        case asterisk
        /// A host and a port, with CONNECT.
        case authority
    }

    /// The method.
    package let method: RequestMethod
    /// The target's form.
    package let targetForm: Target
    /// The number after `HTTP/1.`; any number above 1 counts as 1.
    package let minorVersion: Int

    let bytes: [UInt8]
    /// The whole of the target.
    let targetRange: Range<Int>
    /// The target's path and query; empty when it has none.
    let pathRange: Range<Int>
    /// The authority of an absolute target.
    let authorityRange: Range<Int>
    let fieldRanges: [Field]
    /// Whether it asks for a WebSocket; a request for any other upgrade is served as it is (RFC 9110, section 7.8).
    package let asksForWebSocket: Bool

    init(
        method: RequestMethod,
        target: Range<Int>,
        _ parts: RequestTarget,
        minorVersion: Int,
        bytes: [UInt8],
        fields: [Field]
    ) {
        self.method = method
        targetForm = parts.form
        self.minorVersion = minorVersion
        self.bytes = bytes
        targetRange = target
        pathRange = parts.path
        authorityRange = parts.authority
        fieldRanges = fields
        asksForWebSocket = fields.contains {
            $0.known == .upgrade && Self.list(in: $0.value, of: bytes, has: "websocket")
        }
    }

    /// How many bytes the head had.
    package var size: Int { bytes.count }
    /// The target as it was sent.
    package var target: String { text(targetRange) }
    /// The fields in order, with values without surrounding blanks.
    package var fields: [HTTPField] {
        fieldRanges.map { HTTPField(name: text($0.name), value: text($0.value)) }
    }

    /// The value of a field; several ones of a list are joined by commas; nil without one.
    package func value(of name: FieldName) -> String? {
        let values = fieldRanges.filter { $0.known == name }.map { text($0.value) }
        return values.isEmpty ? nil : values.joined(separator: name.separator.map { "\($0)" } ?? "")
    }

    /// Whether a list contains an element, in any case.
    package func has(_ element: StaticString, in name: FieldName) -> Bool {
        fieldRanges.contains { $0.known == name && Self.list(in: $0.value, of: bytes, has: element) }
    }

    func has(_ name: FieldName) -> Bool { fieldRanges.contains { $0.known == name } }

    func range(of name: FieldName) -> Range<Int>? { fieldRanges.first { $0.known == name }?.value }

    func text(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }

    private static func list(in range: Range<Int>, of bytes: [UInt8], has element: StaticString) -> Bool {
        var start = range.lowerBound
        while start < range.upperBound {
            let end = bytes[start..<range.upperBound].firstIndex(of: .comma) ?? range.upperBound
            if equals(bytes[start..<end].trimmingBlanks, element) { return true }
            start = end + 1
        }
        return false
    }

    /// Whether a part equals `text`, in any case; `text` must be in lower case.
    func equals(_ range: Range<Int>, _ text: StaticString) -> Bool { Self.equals(bytes[range], text) }

    private static func equals(_ part: ArraySlice<UInt8>, _ text: StaticString) -> Bool {
        guard part.count == text.utf8CodeUnitCount else { return false }
        return text.withUTF8Buffer { letters in
            part.indices.allSatisfy { unsafe part[$0].lowercased == letters[$0 - part.startIndex] }
        }
    }
}
