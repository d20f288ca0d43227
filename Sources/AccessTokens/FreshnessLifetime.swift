/// How long an answer is fresh, by its `Cache-Control` (RFC 9111, section 5.2).
package enum FreshnessLifetime {
    /// The most seconds that are told from each other: ten years.
    private static let longest = 315_360_000

    /// The time of `max-age`; zero for what mustn't be kept, nil when nothing is said.
    package static func parse(_ field: String) -> Duration? {
        var lifetime: Duration?
        for directive in field.split(separator: ",") {
            let parts = directive.split(separator: "=", maxSplits: 1).map { part in
                String(part.drop { $0 == " " || $0 == "\t" }).lowercased()
            }
            let name = parts.first.map { $0.filter { $0 != " " && $0 != "\t" } }
            if name == "no-store" || name == "no-cache" { return .zero }
            guard name == "max-age", parts.count == 2, lifetime == nil else { continue }
            let digits = parts[1].filter { $0 != "\"" && $0 != " " && $0 != "\t" }
            guard !digits.isEmpty, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { continue }
            // Whatever is too large for an integer is long.
            lifetime = .seconds(min(Int(digits) ?? longest, longest))
        }
        return lifetime
    }
}
