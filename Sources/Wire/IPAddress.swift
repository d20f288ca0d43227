/// A numeric address of IPv4 or IPv6.
package enum IPAddress: Hashable, Sendable {
    /// Of IPv4; also one that is written as `::ffff:192.0.2.1`.
    case v4(UInt32)
    /// Of IPv6: its first and its last 64 bits.
    case v6(UInt64, UInt64)

    /// Of the 16 bytes of an IPv6 address, which may stand for one of IPv4 (RFC 4291, section 2.5.5.2).
    package init(high: UInt64, low: UInt64) {
        self = high == 0 && low >> 32 == 0xFFFF ? .v4(UInt32(truncatingIfNeeded: low)) : .v6(high, low)
    }

    /// Reads an address without brackets, port and zone; nil for anything else.
    package init?(_ text: some Collection<UInt8>) {
        if let bits = Self.ipv4(text) {
            self = .v4(bits)
            return
        }
        guard let groups = Self.groups(text) else { return nil }
        let join = { (part: ArraySlice<UInt16>) in part.reduce(UInt64(0)) { $0 << 16 | UInt64($1) } }
        self.init(high: join(groups[..<4]), low: join(groups[4...]))
    }

    /// Reads an address without brackets, port and zone; nil for anything else.
    package init?(_ text: some StringProtocol) { self.init(text.utf8) }

    /// Four numbers of 0 to 255 without leading zeros, which elsewhere stand for octal.
    private static func ipv4(_ text: some Collection<UInt8>) -> UInt32? {
        var bits: UInt32 = 0
        var (numbers, digits, number) = (0, 0, 0)
        for byte in text {
            if byte == UInt8(ascii: ".") {
                guard digits > 0, numbers < 3 else { return nil }
                bits = bits << 8 | UInt32(number)
                (numbers, digits, number) = (numbers + 1, 0, 0)
            } else {
                guard byte.isDigit, digits == 0 || number > 0 else { return nil }
                number = number * 10 + Int(byte - UInt8(ascii: "0"))
                digits += 1
                guard number < 256 else { return nil }
            }
        }
        return digits > 0 && numbers == 3 ? bits << 8 | UInt32(number) : nil
    }

    /// The eight groups of an IPv6 address (RFC 4291, section 2.2).
    private static func groups(_ text: some Collection<UInt8>) -> [UInt16]? {
        guard text.count <= 45 else { return nil }
        let parts = text.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        guard parts.count >= 3 else { return nil }
        var groups: [UInt16] = []
        /// Where zeros were left out.
        var gap: Int?
        for (index, part) in parts.enumerated() {
            if part.isEmpty {
                // At either end two colons make two empty parts.
                let isEdge = index == 0 || index == parts.count - 1
                if isEdge, index == 0 ? parts[1].isEmpty : parts[index - 1].isEmpty { continue }
                guard !isEdge, gap == nil else { return nil }
                gap = groups.count
            } else if index == parts.count - 1, let bits = ipv4(part) {
                groups += [UInt16(bits >> 16), UInt16(truncatingIfNeeded: bits)]
            } else {
                guard part.count <= 4, part.allSatisfy(\.isHexadecimal),
                    let group = UInt16(String(decoding: part, as: UTF8.self), radix: 16)
                else { return nil }
                groups.append(group)
            }
        }
        guard let gap else { return groups.count == 8 ? groups : nil }
        guard groups.count < 8 else { return nil }
        groups.insert(contentsOf: repeatElement(0, count: 8 - groups.count), at: gap)
        return groups
    }
}

extension IPAddress: CustomStringConvertible {
    /// The address as RFC 5952 writes it.
    package var description: String {
        switch self {
        case .v4(let bits): return "\(bits >> 24).\(bits >> 16 & 255).\(bits >> 8 & 255).\(bits & 255)"
        case .v6(let high, let low):
            let groups = [high, low].flatMap { half in [48, 32, 16, 0].map { UInt16(truncatingIfNeeded: half >> $0) } }
            var longest = 0..<0
            var run = 0..<0
            for index in groups.indices {
                run = groups[index] != 0 ? (index + 1)..<(index + 1) : run.lowerBound..<(index + 1)
                if run.count > longest.count { longest = run }
            }
            let text = { (part: ArraySlice<UInt16>) in part.map { String($0, radix: 16) }.joined(separator: ":") }
            guard longest.count > 1 else { return text(groups[...]) }
            return "\(text(groups[..<longest.lowerBound]))::\(text(groups[longest.upperBound...]))"
        }
    }
}
