import CommandSupport

/// IPv4 addresses to connect from, in turn.
struct AddressRange: FlagValue, Equatable {
    static let allowed = "IPv4 addresses, first to last, at most 1024, like 127.0.0.2-127.0.0.20, or one"

    /// The addresses, with port 0.
    let addresses: [Address]
    let description: String

    /// Reads `FIRST-LAST` or one address.
    init?(_ text: String) {
        let ends = text.split(separator: "-", omittingEmptySubsequences: false).map {
            Address(host: String($0), port: 0)?.v4Number
        }
        guard (1...2).contains(ends.count), let first = ends[0], let last = ends[ends.count - 1], first <= last,
            last - first < 1024
        else { return nil }
        description = text
        addresses = (first...last).map { Address(v4Number: $0, port: 0) }
    }
}
