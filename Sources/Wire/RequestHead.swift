/// The head of an HTTP/1 request that keeps the rules of RFC 9112, as `RequestHeadParser` found it.
package struct RequestHead: Sendable, Equatable {
    /// Most bytes of a head, the blank line included.
    package static let maximumSize = 16 * 1024
    /// Most fields of a head.
    package static let maximumFieldCount = 100
    /// Most parameters of a target's query: what stands behind `&` and `;` one after the other.
    package static let maximumParameterCount = 64

    /// One line of a head, by where it stands in it.
    struct Field: Sendable, Equatable {
        /// Its name, if it is one that decides something.
        var known: FieldName?
        var name: Range<Int>
        var value: Range<Int>
    }

    /// What a request is for, by the target's form (RFC 9112, section 3.2).
    package enum Target: Sendable, Equatable {
        /// A path, with its query.
        case origin
        /// A whole URL, whose authority stands for the Host.
        case absolute
        /// `*`: the server as a whole, of OPTIONS.
        case asterisk
        /// A host and a port, of CONNECT.
        case authority
    }

    /// The method.
    package let method: RequestMethod
    /// The target's form.
    package let targetForm: Target
    /// The number behind `HTTP/1.`; what is greater than 1 is taken for 1.
    package let minorVersion: Int

    let bytes: [UInt8]
    /// The whole of the target.
    let targetRange: Range<Int>
    /// The target's path and query; empty where it has none.
    let pathRange: Range<Int>
    /// The authority of an absolute target.
    let authorityRange: Range<Int>
    let fieldRanges: [Field]

    /// How many bytes it took.
    package var size: Int { bytes.count }
    /// The target as it came.
    package var target: String { text(targetRange) }
    /// Names and values in order, values without the blanks around them.
    package var fields: [HTTPField] {
        fieldRanges.map { HTTPField(name: text($0.name), value: text($0.value)) }
    }

    /// The value of a field, several of a list joined by commas; nil without one.
    package func value(of name: FieldName) -> String? {
        let values = fieldRanges.filter { $0.known == name }.map { text($0.value) }
        return values.isEmpty ? nil : values.joined(separator: ", ")
    }

    /// Whether a list has an element, in any case.
    package func has(_ element: StaticString, in name: FieldName) -> Bool {
        fieldRanges.contains { $0.known == name && list(in: $0.value, has: element) }
    }

    func has(_ name: FieldName) -> Bool { fieldRanges.contains { $0.known == name } }

    func range(of name: FieldName) -> Range<Int>? { fieldRanges.first { $0.known == name }?.value }

    private func text(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }

    private func list(in range: Range<Int>, has element: StaticString) -> Bool {
        var start = range.lowerBound
        while start < range.upperBound {
            let end = bytes[start..<range.upperBound].firstIndex(of: .comma) ?? range.upperBound
            if equals(bytes[start..<end].trimmingBlanks.indices, element) { return true }
            start = end + 1
        }
        return false
    }

    /// Whether a part is `text`, in any case; `text` is in lower case.
    func equals(_ range: Range<Int>, _ text: StaticString) -> Bool {
        guard range.count == text.utf8CodeUnitCount else { return false }
        return text.withUTF8Buffer { letters in
            range.allSatisfy { unsafe bytes[$0].lowercased == letters[$0 - range.lowerBound] }
        }
    }
}
