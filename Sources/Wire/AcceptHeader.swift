/// The media types that a client takes (RFC 9110, section 12.5.1).
package struct AcceptHeader {
    private struct Range {
        var type: String
        var quality: Double
    }

    /// Most ranges that are looked at.
    private static let limit = 100

    private let ranges: [Range]

    /// Reads the header's value; without one everything is taken.
    package init(_ value: String?) {
        ranges = (value ?? "*/*").split(separator: ",").prefix(Self.limit).compactMap { item in
            let type = MediaType(item)
            guard type.name.contains("/") else { return nil }
            let quality = type.values(of: "q").first.map { Double($0) ?? 0 } ?? 1
            return Range(type: type.name, quality: min(max(quality, 0), 1))
        }
    }

    /// How much a type is liked, from 0 (refused) to 1; the range that names it most exactly counts.
    package func quality(of type: String) -> Double {
        let family = type.prefix { $0 != "/" } + "/*"
        for wanted in [type, String(family), "*/*"] {
            if let range = ranges.first(where: { $0.type == wanted }) { return range.quality }
        }
        return 0
    }

    /// True when a type is named, and not refused.
    package func names(_ type: String) -> Bool { ranges.contains { $0.type == type && $0.quality > 0 } }
}
