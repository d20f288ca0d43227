import CommandSupport

/// A requirement on a comparison, like `cost/base <= 1.05`, `p99-base <= 1ms` or `memory <= 2500`.
struct Bar: Equatable {
    /// How relay and base are combined; of each, the median of the rounds counts.
    enum Relation: String, CaseIterable {
        /// The relay's figure divided by the base's.
        case ratio = "/base"
        /// The relay's figure minus the base's.
        case difference = "-base"
        /// The relay's figure alone.
        case own = ""
    }

    /// The requirement as written.
    let text: String
    private let figure: Figure
    private let relation: Relation
    private let threshold: Threshold

    /// Reads `FIGURE[/base|-base] COMPARISON VALUE`, with or without spaces around the comparison.
    init(_ text: String) throws(Requirement.Mistake) {
        self.text = text
        var rest = text.drop { $0 == " " }
        let name = rest.prefix { $0.isLetter || $0.isNumber }
        guard let figure = Figure(rawValue: String(name)) else {
            let allowed = Figure.allCases.map(\.rawValue).joined(separator: " ")
            throw .init(description: "no figure is called '\(name)'; allowed: \(allowed)")
        }
        self.figure = figure
        rest = rest.dropFirst(name.count)
        let relation = Relation.allCases.first { rest.hasPrefix($0.rawValue) } ?? .own
        self.relation = relation
        rest = rest.dropFirst(relation.rawValue.count)
        threshold = try Threshold(
            rest,
            unit: relation == .ratio ? .number : figure.unit,
            of: figure.rawValue + relation.rawValue
        )
    }

    /// Whether the requirement needs a base.
    var needsBase: Bool { relation != .own }

    /// A message that the comparison doesn't meet the requirement; nil if it does.
    func failure(in comparison: Comparison) -> String? {
        let spread: Spread?
        let write: (Double) -> String
        switch relation {
        case .ratio: (spread, write) = (comparison.ratio(figure), NumberText.fine)
        case .difference: (spread, write) = (comparison.difference(figure), figure.text)
        case .own: (spread, write) = (comparison.relay(figure), figure.text)
        }
        guard let spread else { return "required \(text), but it was not measured" }
        let value = relation == .ratio ? spread.median : figure.scaled(spread.median)
        return threshold.holds(value) ? nil : "required \(text), but it is \(spread.text(write))"
    }
}
