/// The parts of a request's target (RFC 9112, section 3.2).
struct RequestTarget {
    var form: RequestHead.Target
    /// The path and the query.
    var path = 0..<0
    /// The authority of a whole URL.
    var authority = 0..<0

    /// Checks a target, which has at least one byte, and no blanks.
    init(_ range: Range<Int>, of method: RequestMethod, in bytes: Span<UInt8>) throws(RequestHeadError) {
        guard method != .connect else {
            form = .authority
            guard let port = AuthorityText(range, in: bytes)?.port, !port.isEmpty else { throw .target }
            return
        }
        if range.count == 1, bytes[range.lowerBound] == UInt8(ascii: "*") {
            guard method == .options else { throw .target }
            form = .asterisk
            return
        }
        if bytes[range.lowerBound] == UInt8(ascii: "/") {
            form = .origin
            path = range
        } else {
            form = .absolute
            guard let start = Self.schemeEnd(range, in: bytes) else { throw .target }
            let end = (start..<range.upperBound).first {
                bytes[$0] == UInt8(ascii: "/") || bytes[$0] == UInt8(ascii: "?")
            }
            authority = start..<(end ?? range.upperBound)
            path = (end ?? range.upperBound)..<range.upperBound
            guard let host = AuthorityText(authority, in: bytes)?.host, !host.isEmpty else { throw .target }
        }
        try Self.check(path, in: bytes)
    }

    /// Where the authority begins: after `http://`, the only scheme that is accepted.
    private static func schemeEnd(_ range: Range<Int>, in bytes: Span<UInt8>) -> Int? {
        let scheme = Array("http://".utf8)
        guard range.count > scheme.count,
            scheme.indices.allSatisfy({ bytes[range.lowerBound + $0].lowercased == scheme[$0] })
        else { return nil }
        return range.lowerBound + scheme.count
    }

    /// Requires printable ASCII without `#`, which isn't part of a target, and two digits after each `%`.
    ///
    /// An encoded NUL is refused, and so is an encoded line end in the path: libwebsockets 4.1.6 decodes a target
    /// before it reads on, and would take what follows a line end for a field.
    private static func check(_ path: Range<Int>, in bytes: Span<UInt8>) throws(RequestHeadError) {
        var index = path.lowerBound
        var parameters = 0
        var isQuery = false
        while index < path.upperBound {
            switch bytes[index] {
            case UInt8(ascii: "%"):
                guard index + 2 < path.upperBound, bytes[index + 1].isHexadecimal, bytes[index + 2].isHexadecimal,
                    bytes[index + 1] != UInt8(ascii: "0")
                        || !Self.isRefusedControl(bytes[index + 2], inQuery: isQuery)
                else { throw .target }
                index += 2
            case UInt8(ascii: "?") where !isQuery:
                isQuery = true
                parameters = 1
            case UInt8(ascii: "&") where isQuery, UInt8(ascii: ";") where isQuery:
                parameters += 1
            case UInt8(ascii: "#"), ...UInt8.space, 0x7F...:
                throw .target
            default:
                break
            }
            index += 1
        }
        guard parameters <= RequestHead.maximumParameterCount else { throw .tooManyParameters }
    }

    /// Whether this second digit makes it an encoded NUL, LF or CR.
    private static func isRefusedControl(_ digit: UInt8, inQuery isQuery: Bool) -> Bool {
        switch digit.lowercased {
        case UInt8(ascii: "0"): true
        case UInt8(ascii: "a"), UInt8(ascii: "d"): !isQuery
        default: false
        }
    }
}
