/// The header of the PROXY protocol, versions 1 and 2, by which a proxy tells whom it passes on.
///
/// HAProxy's "The PROXY protocol", of 2020, defines it; section 2 has both forms.
package struct ProxyHeader: Equatable, Sendable {
    /// The client's address; nil when there is none: the proxy speaks for itself, or doesn't tell.
    package let client: IPAddress?
    /// How many bytes it has; what follows is the client's.
    package let size: Int

    /// The most bytes of a header of version 1, with its line end.
    static let maximumLine = 107
    /// The most bytes that may follow the first 16 of version 2: addresses, and extensions that are passed over.
    static let maximumRest = 4096
    /// The most bytes of a header.
    package static let maximumSize = 16 + maximumRest

    /// Makes a header.
    package init(client: IPAddress?, size: Int) {
        self.client = client
        self.size = size
    }

    /// Reads a header at the beginning of a connection; nil when it isn't complete.
    package init?(_ bytes: Span<UInt8>) throws(ProxyHeaderError) {
        if Self.begins(bytes, with: Self.signature) {
            guard bytes.count >= Self.signature.count else { return nil }
            guard let header = try Self.binary(bytes) else { return nil }
            self = header
        } else if Self.begins(bytes, with: Self.word) {
            guard bytes.count >= Self.word.count else { return nil }
            guard let header = try Self.line(bytes) else { return nil }
            self = header
        } else {
            throw .missing
        }
    }

    /// Whether the two agree as far as there are bytes.
    private static func begins(_ bytes: Span<UInt8>, with start: [UInt8]) -> Bool {
        start.indices.prefix(bytes.count).allSatisfy { bytes[$0] == start[$0] }
    }
}

/// Why a connection has no header that can be used.
package enum ProxyHeaderError: Error, CaseIterable, Sendable {
    /// It begins with something else.
    case missing
    /// What looks like a header isn't one.
    case malformed
    /// It is of another version, has another command, or tells of datagrams.
    case unsupported
    /// It is too long.
    case tooLong
}

// Version 1: a line of text.
extension ProxyHeader {
    private static let word = Array("PROXY ".utf8)

    private static func line(_ bytes: Span<UInt8>) throws(ProxyHeaderError) -> ProxyHeader? {
        let count = min(bytes.count, maximumLine)
        guard let end = (0..<count).first(where: { bytes[$0] == .lineFeed }) else {
            if bytes.count >= maximumLine { throw .tooLong }
            return nil
        }
        guard bytes[end - 1] == .carriageReturn else { throw .malformed }
        let text = (word.count..<(end - 1)).map { bytes[$0] }
        let parts = text.split(separator: .space, omittingEmptySubsequences: false)
        // Whatever follows: nothing of it is to be looked at.
        if parts[0].elementsEqual("UNKNOWN".utf8) { return ProxyHeader(client: nil, size: end + 1) }
        guard parts.count == 5, let client = IPAddress(parts[1]), IPAddress(parts[2]) != nil,
            isPort(parts[3]), isPort(parts[4])
        else { throw .malformed }
        let isOfFamily =
            switch String(decoding: parts[0], as: UTF8.self) {
            case "TCP4": !parts[1].contains(UInt8(ascii: ":")) && !parts[2].contains(UInt8(ascii: ":"))
            case "TCP6": parts[1].contains(UInt8(ascii: ":")) && parts[2].contains(UInt8(ascii: ":"))
            default: false
            }
        guard isOfFamily else { throw .malformed }
        return ProxyHeader(client: client, size: end + 1)
    }

    /// Whether it is a number of 0 to 65535 without leading zeros.
    private static func isPort(_ text: ArraySlice<UInt8>) -> Bool {
        guard (1...5).contains(text.count), text.allSatisfy(\.isDigit), text.count == 1 || text.first != 0x30 else {
            return false
        }
        return text.reduce(0) { $0 * 10 + Int($1 - 0x30) } <= 65_535
    }
}

// Version 2: bytes.
extension ProxyHeader {
    private static let signature: [UInt8] = [13, 10, 13, 10, 0, 13, 10, 0x51, 0x55, 0x49, 0x54, 10]

    private static func binary(_ bytes: Span<UInt8>) throws(ProxyHeaderError) -> ProxyHeader? {
        guard bytes.count > 12 else { return nil }
        guard bytes[12] == 0x20 || bytes[12] == 0x21 else { throw .unsupported }
        guard bytes.count >= 16 else { return nil }
        let rest = Int(bytes[14]) << 8 | Int(bytes[15])
        guard rest <= maximumRest else { throw .tooLong }
        // Known before the rest is there.
        let client: (size: Int, place: Range<Int>)
        switch (bytes[12], bytes[13]) {
        // The proxy's own connection, such as a health check: what it says of addresses doesn't count.
        case (0x20, _), (0x21, 0x00): client = (0, 0..<0)
        case (0x21, 0x11): client = (12, 16..<20)
        case (0x21, 0x21): client = (36, 16..<32)
        // Over a Unix socket, so that there is no address.
        case (0x21, 0x31): client = (216, 0..<0)
        default: throw .unsupported
        }
        guard rest >= client.size else { throw .malformed }
        guard bytes.count >= 16 + rest else { return nil }
        let address: IPAddress? =
            switch client.place.count {
            case 4: .v4(UInt32(truncatingIfNeeded: number(client.place, in: bytes)))
            case 16: IPAddress(high: number(16..<24, in: bytes), low: number(24..<32, in: bytes))
            default: nil
            }
        return ProxyHeader(client: address, size: 16 + rest)
    }

    private static func number(_ part: Range<Int>, in bytes: Span<UInt8>) -> UInt64 {
        part.reduce(0) { $0 << 8 | UInt64(bytes[$1]) }
    }
}
