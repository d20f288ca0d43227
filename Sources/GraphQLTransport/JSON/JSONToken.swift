/// The place and kind of one JSON value within the bytes it was found in.
///
/// A token of a member that does not occur has the kind `absent` and an empty range.
package struct JSONToken: Sendable, Hashable {
    /// The kinds of RFC 8259, and absence.
    package enum Kind: UInt8, Sendable {
        case absent, null, boolean, number, string, array, object
    }

    private let start: UInt32
    private let end: UInt32

    /// What the value is.
    package let kind: Kind

    /// Whether a string holds at least one backslash.
    package let hasEscapes: Bool

    /// The token of something that is not there.
    package static let absent = JSONToken(.absent, from: 0, to: 0)

    /// A token from one offset up to, not including, another; both fit 32 bits, see `JSONScanner.maximumLength`.
    init(_ kind: Kind, from start: Int, to end: Int, hasEscapes: Bool = false) {
        self.start = UInt32(truncatingIfNeeded: start)
        self.end = UInt32(truncatingIfNeeded: end)
        self.kind = kind
        self.hasEscapes = hasEscapes
    }

    /// The bytes of the value, quotes and brackets included.
    package var range: Range<Int> { Int(start)..<Int(end) }

    /// The bytes between the quotes of a string, escapes untouched.
    package var contents: Range<Int> {
        kind == .string ? Int(start) + 1..<Int(end) - 1 : range
    }

    /// Whether the member is missing or null, which the protocol treats alike in optional places.
    package var isAbsentOrNull: Bool { kind == .absent || kind == .null }
}
