/// The page that says what the rules are.
struct RulesPage {
    static let path = "Sources/GraphQLTransport/GraphQLTransport.docc/Rules.md"

    /// The rules of the page, in its order, and whether they are served.
    private(set) var rules: [(code: RuleCode, isServed: Bool)] = []
    /// Rules that the page names twice, and such without a source.
    private(set) var problems: [String] = []

    /// Reads the items of a page, each with its source.
    ///
    /// An item is such as `- **P1** Sentence.` or `- **P2**, not served: Sentence.`; a line below it, which begins with
    /// `*From*:`, names its source.
    init(_ lines: [Substring]) {
        var isSourced = true
        for line in lines {
            if line.hasPrefix("- **"), let (code, end) = RuleCode.read(Array(line.utf8), at: 4) {
                endItem(isSourced)
                let rest = line.utf8.dropFirst(end)
                if rules.contains(where: { $0.code == code }) { problems.append("\(code) stands twice on the page") }
                rules.append((code, !rest.starts(with: "**, not served:".utf8)))
                isSourced = false
            } else if line.hasPrefix("  *From*: ") {
                isSourced = true
            }
        }
        endItem(isSourced)
    }

    private mutating func endItem(_ isSourced: Bool) {
        if !isSourced, let last = rules.last { problems.append("\(last.code) has no source on the page") }
    }
}
