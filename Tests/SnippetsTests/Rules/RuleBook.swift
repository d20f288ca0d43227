/// The page of rules beside what cites them.
struct RuleBook {
    /// What is wrong, a sentence for each place.
    private(set) var problems: [String]
    private let known: Set<RuleCode>
    private var carried: Set<RuleCode> = []
    private let served: [RuleCode]

    init(_ page: RulesPage) {
        problems = page.problems
        known = Set(page.rules.map(\.code))
        served = page.rules.filter(\.isServed).map(\.code)
    }

    /// Reads the lines of a source; only those of tests can carry a rule.
    mutating func read(_ lines: [Substring], of path: String) {
        for (number, line) in zip(1..., lines) {
            let citations = RuleCitations(in: line)
            let place = "\(path):\(number)"
            for code in citations.stray {
                problems.append("\(place): write (\(code)), or at the beginning of a test's name \(code) and a space")
            }
            check(citations.cited + citations.tested, at: place)
            if path.hasPrefix("Tests/") { carried.formUnion(citations.tested) }
        }
    }

    /// Reads the lines of a page, which may name rules in any form.
    mutating func read(_ lines: [Substring], ofPage path: String) {
        for (number, line) in zip(1..., lines) { check(RuleCitations(in: line).all, at: "\(path):\(number)") }
    }

    /// Closes the book: every rule that is served must have had a test.
    mutating func close() {
        for code in served where !carried.contains(code) { problems.append("no test carries \(code)") }
    }

    private mutating func check(_ codes: [RuleCode], at place: String) {
        for code in codes where !known.contains(code) { problems.append("\(place): the page has no rule \(code)") }
    }
}
