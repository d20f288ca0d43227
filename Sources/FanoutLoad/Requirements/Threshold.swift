/// The right-hand side of a requirement: a comparison and a limit, like `< 50ms`.
struct Threshold: Equatable {
    /// How a figure is compared.
    enum Comparison: String, CaseIterable {
        // The longer operators come first, since `<` is also the beginning of `<=`.
        case atMost = "<="
        case atLeast = ">="
        case equal = "=="
        case unequal = "!="
        case below = "<"
        case above = ">"
    }

    private let comparison: Comparison
    /// The limit in the figure's unit: microseconds, a share, or a plain number.
    private let limit: Double

    /// Reads `COMPARISON VALUE`, with or without spaces before them, for a figure with this name and unit.
    init(_ text: Substring, unit: Metric.Unit, of name: String) throws(Requirement.Mistake) {
        var rest = text.drop { $0 == " " }
        guard let comparison = Comparison.allCases.first(where: { rest.hasPrefix($0.rawValue) }) else {
            throw .init(description: "'\(name)' must be followed by a comparison; allowed: < <= > >= == !=")
        }
        self.comparison = comparison
        rest = rest.dropFirst(comparison.rawValue.count).drop { $0 == " " }
        limit = try Self.limit(rest, unit, name)
    }

    /// Whether a figure meets the limit.
    func holds(_ value: Double) -> Bool {
        switch comparison {
        case .below: value < limit
        case .atMost: value <= limit
        case .above: value > limit
        case .atLeast: value >= limit
        case .equal: value == limit
        case .unequal: value != limit
        }
    }

    private static func limit(
        _ text: Substring,
        _ unit: Metric.Unit,
        _ name: String
    ) throws(Requirement.Mistake) -> Double {
        let digits = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
        let suffix = text.dropFirst(digits.count).filter { $0 != " " }
        let number = digits.utf8.count <= 15 && digits.first != "." && digits.last != "." ? Double(digits) : nil
        switch (unit, suffix, number) {
        case (.time, "us", let number?): return number
        case (.time, "µs", let number?): return number
        case (.time, "ms", let number?): return number * 1000
        case (.time, "s", let number?): return number * 1_000_000
        case (.percent, "%", let number?): return number / 100
        case (.number, "", let number?): return number
        case (.time, _, _):
            throw .init(description: "'\(text)' is no time for \(name); allowed: like 500us, 50ms or 1.5s")
        case (.percent, _, _):
            throw .init(description: "'\(text)' is no share for \(name); allowed: like 90%")
        case (.number, _, _):
            throw .init(
                description: "'\(text)' is no number for \(name); allowed: digits without a unit, like 0 or 0.99"
            )
        }
    }
}
