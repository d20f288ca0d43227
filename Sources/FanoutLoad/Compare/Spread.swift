/// The median and the extremes of a few values.
struct Spread: Equatable {
    let median: Double
    let least: Double
    let most: Double

    /// Nil when there are no values.
    init?(_ values: [Double]) {
        let sorted = values.sorted()
        guard let first = sorted.first, let last = sorted.last else { return nil }
        let middle = sorted.count / 2
        median = sorted.count.isMultiple(of: 2) ? (sorted[middle - 1] + sorted[middle]) / 2 : sorted[middle]
        least = first
        most = last
    }

    /// The median, and the extremes in parentheses.
    func text(_ write: (Double) -> String) -> String { "\(write(median)) (\(write(least)) to \(write(most)))" }
}
