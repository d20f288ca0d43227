/// The place and kind of a JSON value within the bytes in which it was found.
///
/// The token of a missing member has the kind `absent` and an empty range.
package struct JSONToken: Sendable, Hashable {
    /// The kinds of RFC 8259, and absence.
    package enum Kind: UInt8, Sendable {
        case absent, null, boolean, number, string, array, object
    }

    private let start: UInt32
    private let end: UInt32

    /// The kind of the value.
    package let kind: Kind

    /// Whether a string contains a backslash.
    package let hasEscapes: Bool

    /// The token of a missing value.
    package static let absent = JSONToken(.absent, from: 0, to: 0)

    /// A token from one offset up to, but not including, another; both fit 32 bits, see `JSONScanner.maximumLength`.
    init(_ kind: Kind, from start: Int, to end: Int, hasEscapes: Bool = false) {
        self.start = UInt32(truncatingIfNeeded: start)
        self.end = UInt32(truncatingIfNeeded: end)
        self.kind = kind
        self.hasEscapes = hasEscapes
    }

    /// The bytes of the value, with its quotes or brackets.
    package var range: Range<Int> { Int(start)..<Int(end) }

    /// The bytes between the quotes of a string, with its escapes.
    package var contents: Range<Int> {
        kind == .string ? Int(start) + 1..<Int(end) - 1 : range
    }

    /// Whether the member is missing or null, which mean the same for optional members.
    package var isAbsentOrNull: Bool { kind == .absent || kind == .null }
}
