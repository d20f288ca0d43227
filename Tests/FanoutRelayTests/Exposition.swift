/// Metrics in Prometheus' text format, read strictly.
struct Exposition {
    struct Invalid: Error, CustomStringConvertible {
        let description: String
    }

    /// Values by name and labels as written.
    private(set) var samples: [String: Double] = [:]
    /// The types by name.
    private(set) var kinds: [String: String] = [:]

    /// Each family has one HELP and one TYPE in front of its samples, which follow one another and differ.
    init(parsing text: String) throws(Invalid) {
        guard text.hasSuffix("\n") else { throw Invalid(description: "the last line doesn't end") }
        var helped: Set<String> = []
        var family = ""
        for line in text.split(separator: "\n", omittingEmptySubsequences: false).dropLast() {
            if line.hasPrefix("# HELP ") {
                let parts = line.dropFirst(7).split(separator: " ", maxSplits: 1)
                guard parts.count == 2, Self.isName(parts[0]), helped.insert(String(parts[0])).inserted else {
                    throw Invalid(description: "bad or second HELP: \(line)")
                }
                family = String(parts[0])
            } else if line.hasPrefix("# TYPE ") {
                let parts = line.dropFirst(7).split(separator: " ")
                guard parts.count == 2, parts[0] == family, kinds[family] == nil,
                    ["counter", "gauge", "histogram"].contains(parts[1])
                else { throw Invalid(description: "bad or misplaced TYPE: \(line)") }
                kinds[family] = String(parts[1])
            } else {
                let parts = line.split(separator: " ", omittingEmptySubsequences: false)
                guard parts.count == 2, let value = Double(parts[1]), let kind = kinds[family] else {
                    throw Invalid(description: "bad sample: \(line)")
                }
                let name = parts[0].prefix { $0 != "{" }
                guard Self.names(of: family, kind).contains(String(name)),
                    Self.areLabels(parts[0].dropFirst(name.count)),
                    samples.updateValue(value, forKey: String(parts[0])) == nil
                else { throw Invalid(description: "misplaced or second sample: \(line)") }
            }
        }
        for (family, kind) in kinds where kind == "histogram" { try check(family, in: text) }
    }

    private static func names(of family: String, _ kind: String) -> [String] {
        kind == "histogram" ? ["_bucket", "_sum", "_count"].map { family + $0 } : [family]
    }

    /// Buckets ascend, in their bounds and in what they have, and the last one has everything.
    private func check(_ family: String, in text: String) throws(Invalid) {
        let prefix = "\(family)_bucket{le=\""
        let buckets = text.split(separator: "\n").filter { $0.hasPrefix(prefix) }.map { line in
            line.dropFirst(prefix.count).split(separator: "\"} ").map { Double($0 == "+Inf" ? "inf" : $0) ?? .nan }
        }
        let bounds = buckets.map(\.[0])
        let counts = buckets.map(\.[1])
        guard bounds == bounds.sorted(), Set(bounds).count == bounds.count, bounds.last == .infinity,
            counts == counts.sorted(), counts.last == samples["\(family)_count"], samples["\(family)_sum"] != nil
        else { throw Invalid(description: "the histogram \(family) is wrong: \(buckets)") }
    }

    private static func isName(_ text: Substring) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { ($0 | 0x20) >= 0x61 && ($0 | 0x20) <= 0x7A || $0 == 0x5F }
    }

    /// Nothing, or labels with values that need no escape.
    private static func areLabels(_ text: Substring) -> Bool {
        if text.isEmpty { return true }
        guard text.hasPrefix("{"), text.hasSuffix("\"}") else { return false }
        return text.dropFirst().dropLast(2).split(separator: "\",", omittingEmptySubsequences: false).allSatisfy {
            let parts = $0.split(separator: "=\"", omittingEmptySubsequences: false)
            return parts.count == 2 && isName(parts[0]) && !parts[1].contains { "\"\\{}".contains($0) }
        }
    }
}
