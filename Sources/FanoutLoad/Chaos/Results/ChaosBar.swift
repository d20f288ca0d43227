import CommandSupport

/// A requirement on stalls, such as `kill-leader.p99 <= 3s`, or `max <= 10s` of all faults.
struct ChaosBar: Equatable {
    /// Which of the stalls.
    enum Figure: String, CaseIterable {
        case least = "min"
        case median = "p50"
        case p99
        case most = "max"
    }

    /// The requirement as written.
    let text: String
    private let fault: String?
    private let figure: Figure
    private let threshold: Threshold

    /// Reads `[FAULT.]FIGURE COMPARISON TIME`, with or without spaces around the comparison.
    init(_ text: String) throws(Requirement.Mistake) {
        self.text = text
        var rest = text.drop { $0 == " " }
        let name = rest.prefix { $0.isLetter || $0.isNumber || $0 == "-" || $0 == "." }
        rest = rest.dropFirst(name.count)
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        guard let last = parts.last, let figure = Figure(rawValue: String(last)), parts.count <= 2,
            parts.count == 1 || FaultName.isValid(parts[0])
        else {
            let allowed = Figure.allCases.map(\.rawValue).joined(separator: " ")
            throw .init(
                description: "no figure is called '\(name)'; allowed: [FAULT.]FIGURE, with FIGURE of \(allowed)"
            )
        }
        fault = parts.count == 2 ? String(parts[0]) : nil
        self.figure = figure
        threshold = try Threshold(rest, unit: .time, of: String(name))
    }

    /// A message that rows don't meet it; nil if they do.
    func failure(in rows: [FaultRow]) -> String? {
        let concerned = rows.filter { fault == nil || $0.name == fault }
        guard !concerned.isEmpty else { return "required \(text), but it was not measured" }
        for row in concerned {
            let stalls = row.stalls
            let value =
                switch figure {
                case .least: stalls.least
                case .median: stalls.median
                case .p99: stalls.p99
                case .most: stalls.most
                }
            guard threshold.holds(value * 1_000_000) else {
                return "required \(text), but it is \(NumberText.fine(value)) s at \(row.name)"
            }
        }
        return nil
    }
}
