internal import Wire

/// The media types that a client takes (RFC 9110, section 12.5.1).
struct AcceptHeader {
    private struct Range {
        var type: String
        var quality: Double
    }

    private let ranges: [Range]

    /// Reads the header's value; without one everything is taken.
    init(_ value: String?) {
        let items = (value ?? "*/*").split(separator: ",").prefix(100)
        ranges = items.compactMap { item in
            let parts = item.split(separator: ";", omittingEmptySubsequences: false)
                .map { $0.trimmingBlanks.lowercased() }
            guard let type = parts.first, type.contains("/") else { return nil }
            let weight = parts.dropFirst().first { $0.hasPrefix("q=") }
            let quality = weight.map { Double($0.dropFirst(2)) ?? 0 } ?? 1
            return Range(type: type, quality: min(max(quality, 0), 1))
        }
    }

    /// How much a type is liked, from 0 (refused) to 1; the range that names it most exactly counts.
    func quality(of type: String) -> Double {
        let family = type.prefix { $0 != "/" } + "/*"
        for wanted in [type, String(family), "*/*"] {
            if let range = ranges.first(where: { $0.type == wanted }) { return range.quality }
        }
        return 0
    }

    /// True when a type is named, and not refused.
    func names(_ type: String) -> Bool { ranges.contains { $0.type == type && $0.quality > 0 } }
}
