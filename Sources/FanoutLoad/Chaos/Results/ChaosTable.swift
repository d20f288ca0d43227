/// The fault table as text for a terminal and as Markdown.
struct ChaosTable {
    private let rows: [[String]]

    init(_ results: [FaultResult]) {
        rows = [FaultRow.titles] + FaultRow.rows(of: results).map(\.cells)
    }

    /// Columns of equal width.
    var text: String { TextColumns.lines(rows).joined(separator: "\n") + "\n" }

    /// A table of Markdown.
    var markdown: String {
        let line = { (cells: [String]) in "| \(cells.joined(separator: " | ")) |" }
        let rule = line(FaultRow.titles.map { _ in "---" })
        return ([line(rows[0]), rule] + rows.dropFirst().map(line)).joined(separator: "\n") + "\n"
    }

    /// A table of HTML.
    var html: String {
        let lines = rows.enumerated().map { number, row in
            let tag = number == 0 ? "th" : "td"
            return "<tr>\(row.map { "<\(tag)>\(HTMLDocument.escape($0))</\(tag)>" }.joined())</tr>"
        }
        return "<table>\(lines.joined(separator: "\n"))</table>"
    }
}
