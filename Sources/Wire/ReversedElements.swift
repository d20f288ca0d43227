/// The elements of a field's list from its end, without blanks around them and without empty ones.
///
/// A comma within quotes separates nothing. Since it is read from the end, a quote that a client left open at the
/// beginning changes nothing of what proxies have appended.
struct ReversedElements: Sequence, IteratorProtocol {
    private var rest: ArraySlice<UInt8>
    /// Whether the list is longer than what is looked at.
    private let isCut: Bool

    /// The elements that are whole within the last `limit` bytes.
    init(_ list: String, limit: Int) {
        rest = Array(list.utf8.suffix(limit))[...]
        isCut = list.utf8.count > limit
    }

    mutating func next() -> ArraySlice<UInt8>? {
        while !rest.isEmpty {
            let start = startOfLast
            // A part of an element may read as another one.
            if isCut, start == rest.startIndex { return nil }
            let element = rest[start...].trimmingBlanks
            rest = rest[..<Swift.max(rest.startIndex, start - 1)]
            if !element.isEmpty { return element }
        }
        return nil
    }

    /// Where the last element begins.
    private var startOfLast: Int {
        var isQuoted = false
        var index = rest.endIndex
        while index > rest.startIndex {
            index -= 1
            switch rest[index] {
            case UInt8(ascii: "\""):
                let escapes = rest[..<index].reversed().prefix { $0 == UInt8(ascii: "\\") }.count
                if escapes.isMultiple(of: 2) { isQuoted.toggle() }
            case .comma where !isQuoted: return index + 1
            default: break
            }
        }
        return rest.startIndex
    }
}
