/// The addresses whose first bits are equal, as `192.0.2.0/24` (RFC 4632, section 3.1).
package struct AddressRange: Hashable, Sendable {
    /// An address of it; bits behind the first ones don't count.
    package let address: IPAddress
    /// How many bits are equal: 0 to 32 of IPv4, 0 to 128 of IPv6.
    package let length: Int

    /// Reads `ADDRESS/LENGTH`, or an address alone; nil for anything else.
    ///
    /// An address with a bit behind the first ones is none: it is likely to be a mistake.
    package init?(_ text: some StringProtocol) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let address = IPAddress(parts[0]) else { return nil }
        let bits = if case .v4 = address { 32 } else { 128 }
        var length = bits
        if parts.count == 2 {
            let digits = parts[1].utf8
            guard (1...3).contains(digits.count), digits.allSatisfy(\.isDigit), let given = Int(parts[1]),
                given <= bits, digits.count == 1 || given >= 10
            else { return nil }
            length = given
        }
        self.address = address
        self.length = length
        guard address == Self.masked(address, length) else { return nil }
    }

    /// Whether it has an address.
    package func contains(_ other: IPAddress) -> Bool {
        switch (address, other) {
        case (.v4, .v4), (.v6, .v6): Self.masked(other, length) == address
        default: false
        }
    }

    private static func masked(_ address: IPAddress, _ length: Int) -> IPAddress {
        switch address {
        // Shifts by as many bits as there are give zero.
        case .v4(let bits): .v4(bits & (UInt32.max << UInt32(32 - length)))
        case .v6(let high, let low):
            .v6(
                high & (UInt64.max << UInt64(64 - min(length, 64))),
                low & (UInt64.max << UInt64(128 - max(length, 64)))
            )
        }
    }
}

extension AddressRange: LosslessStringConvertible {
    /// As it is read.
    package var description: String { "\(address)/\(length)" }
}
