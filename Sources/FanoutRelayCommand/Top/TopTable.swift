/// Rows in columns: the first one from the left and as wide as there is room for, the others from the right.
struct TopTable {
    let titles: [String]
    /// Plain texts, as many in each row as there are titles.
    var rows: [[String]]

    /// The least places that are left to the first column.
    private static let narrowest = 12
    private static let gap = 2

    /// The line of the titles, and one for each row.
    ///
    /// - Parameter places: How many each may take; nil for as many as it needs.
    func lines(within places: Int?) -> [String] {
        let all = [titles] + rows
        let widths = titles.indices.map { column in all.map { TopText.width($0[column]) }.max() ?? 0 }
        let others = widths.dropFirst().reduce(0) { $0 + $1 + Self.gap }
        let first = places.map { min(widths[0], max(Self.narrowest, $0 - others)) } ?? widths[0]
        return all.map { cells in
            let name = TopText.clipped(cells[0], to: first)
            var line = name + Self.blanks(first - TopText.width(name))
            for (cell, width) in zip(cells, widths).dropFirst() {
                line += Self.blanks(Self.gap + width - TopText.width(cell)) + cell
            }
            return line
        }
    }

    private static func blanks(_ count: Int) -> String { String(repeating: " ", count: count) }
}
