internal import Glibc
internal import Wire

/// What counts as one client by its address: an IPv4 address, or the /64 of IPv6 that one subscriber line is given.
///
/// A limit for a single IPv6 address would be useless: whoever has one has 2⁶⁴ of them (RFC 6177, section 2).
package enum ClientNetwork: Hashable, Sendable {
    /// An IPv4 address, also one that an IPv6 socket shows as `::ffff:192.0.2.1`.
    case ipv4(UInt32)
    /// The first 64 bits of an IPv6 address.
    case ipv6(UInt64)
    /// No numeric address, as of a Unix socket's peer: limits for single addresses don't concern it.
    case unknown

    /// The network of an address.
    init(_ address: IPAddress) {
        switch address {
        case .v4(let bits): self = .ipv4(bits)
        case .v6(let high, _): self = .ipv6(high)
        }
    }

    /// Reads a numeric address, with or without a zone such as `%eth0`.
    package init(of address: String) {
        var ipv4 = in_addr()
        if unsafe inet_pton(AF_INET, address, &ipv4) == 1 {
            self = .ipv4(UInt32(bigEndian: ipv4.s_addr))
            return
        }
        var bytes = [UInt8](repeating: 0, count: 16)
        let withoutZone = String(address.prefix { $0 != "%" })
        guard unsafe inet_pton(AF_INET6, withoutZone, &bytes) == 1 else {
            self = .unknown
            return
        }
        let isMapped = bytes[..<10].allSatisfy { $0 == 0 } && bytes[10] == 0xFF && bytes[11] == 0xFF
        self =
            isMapped
            ? .ipv4(bytes[12...].reduce(0) { $0 << 8 | UInt32($1) })
            : .ipv6(bytes[..<8].reduce(0) { $0 << 8 | UInt64($1) })
    }
}
