internal import Glibc

/// The hosts that are called without a proxy, as curl reads `no_proxy`.
///
/// Names stand for themselves and everything below them, with or without a leading dot; addresses for themselves, or
/// with a prefix length for a network; a lone `*` for every host. Commas or blanks separate them.
struct NoProxyList {
    private let entries: [Substring]
    private let isAll: Bool

    init(_ text: String) {
        isAll = text == "*"
        entries = text.split { $0 == "," || $0 == " " || $0 == "\t" }
    }

    /// Whether `host`, a name or an address without brackets, is called directly.
    func contains(_ host: String) -> Bool {
        if isAll { return true }
        for family in [AF_INET, AF_INET6] {
            guard let address = Self.address(host[...], family) else { continue }
            return entries.contains { Self.contains($0, address, family) }
        }
        let name = Self.name(host[...])
        return entries.contains { entry in
            let suffix = Self.name(entry.first == "." ? entry.dropFirst() : entry)
            return !suffix.isEmpty && (name == suffix || name.hasSuffix("." + suffix))
        }
    }

    /// In small letters, without the dot of the root.
    private static func name(_ text: Substring) -> String {
        (text.last == "." ? text.dropLast() : text).lowercased()
    }

    private static func contains(_ entry: Substring, _ address: [UInt8], _ family: Int32) -> Bool {
        let parts = entry.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        let text = parts[0].first == "[" && parts[0].last == "]" ? parts[0].dropFirst().dropLast() : parts[0]
        guard let network = Self.address(text, family) else { return false }
        var bits = address.count * 8
        if parts.count > 1 {
            guard let given = Int(parts[1]), (0...bits).contains(given) else { return false }
            bits = given
        }
        return zip(address, network).enumerated().allSatisfy { index, pair in
            let mask = UInt8(truncatingIfNeeded: 0xFF00 >> min(8, max(0, bits - index * 8)))
            return pair.0 & mask == pair.1 & mask
        }
    }

    private static func address(_ text: Substring, _ family: Int32) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: family == AF_INET ? 4 : 16)
        return unsafe inet_pton(family, String(text), &bytes) == 1 ? bytes : nil
    }
}
