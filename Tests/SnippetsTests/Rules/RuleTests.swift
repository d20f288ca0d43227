import Testing

/// What code and tests cite is on the page of rules, and what the page says is tested.
struct RuleTests {
    private static let page: [Substring] = [
        "- **P1** A sentence.", "  *From*: a source.", "", "- **L22**, not served: a sentence.", "  *From*: a source.",
    ]

    private static func problems(
        page: [Substring] = page,
        source: [Substring] = [],
        tests: [Substring] = ["@Test func `P1 a sentence`() {"],
        otherPage: [Substring] = []
    ) -> [String] {
        var book = RuleBook(RulesPage(page))
        book.read(source, of: "Sources/A.swift")
        book.read(tests, of: "Tests/A.swift")
        book.read(otherPage, ofPage: "B.md")
        book.close()
        return book.problems
    }

    @Test func `every rule that is cited is on the page, and every rule that is served has a test`() throws {
        var book = RuleBook(RulesPage(try SourceText(RulesPage.path).lines))
        var count = 0
        for folder in ["Sources", "Tests", "deploy"] {
            for source in try SourceText.all(under: folder, endings: [".swift", ".py", ".sh", ".c", ".h"])
            // These tests have codes that there aren't.
            where !source.path.hasPrefix("Tests/SnippetsTests/Rules/") {
                book.read(source.lines, of: source.path)
                count += 1
            }
        }
        for page in try SourceText.all(under: "Sources", endings: [".md"]) + [SourceText("README.md")] {
            book.read(page.lines, ofPage: page.path)
        }
        book.close()
        #expect(count > 500)
        #expect(book.problems == [], "see \(RulesPage.path)")
    }

    @Test(arguments: [
        ("/// Says it once (P1).", "P1", "", ""), ("(P1, C2 to C4, D6)", "P1 C2 C3 C4 D6", "", ""),
        ("    @Test func `P1 L22 two rules`() {", "", "P1 L22", ""), ("func `P1`() {", "", "", "P1"),
        ("func `two rules, P1 and (P2)`() {", "P2", "", "P1"), ("// rules P1 to P3", "", "", "P1 P3"),
        ("(P1, as it applies)", "", "", "P1"), ("(P1", "", "", "P1"), ("(P3 to P1)", "", "", "P3 P1"),
        ("(P1 to L3)", "", "", "P1 L3"), (#""\u{C3}\u{BC} %C3 0xC3 C3A 6C3 C_3 S P123 B1 _P1""#, "", "", ""),
        ("", "", "", ""),
    ])
    func `citations are told from other words`(line: String, cited: String, tested: String, stray: String) {
        let citations = RuleCitations(in: line)
        #expect(citations.cited.map(\.description) == cited.split(separator: " ").map(String.init))
        #expect(citations.tested.map(\.description) == tested.split(separator: " ").map(String.init))
        #expect(citations.stray.map(\.description) == stray.split(separator: " ").map(String.init))
    }

    @Test func `a book without a mistake has no problem`() {
        #expect(Self.problems(source: ["// (P1)", "// (L22)"], otherPage: ["| P1 | L22 |"]) == [])
    }

    @Test func `a rule that the page lacks is a problem wherever it is cited`() {
        #expect(Self.problems(source: ["", "// (P2)"]) == ["Sources/A.swift:2: the page has no rule P2"])
        #expect(Self.problems(otherPage: ["| D3 |"]) == ["B.md:1: the page has no rule D3"])
        #expect(
            Self.problems(tests: ["func `P1 x`() {", "func `P2 x`() {"]) == ["Tests/A.swift:2: the page has no rule P2"]
        )
    }

    @Test func `a citation in another form is a problem`() {
        let problem = "Sources/A.swift:1: write (P1), or at the beginning of a test's name P1 and a space"
        #expect(Self.problems(source: ["// rule P1"]) == [problem])
    }

    @Test(
        arguments: [[], ["// (P1)"], ["func `a test (P1)`() {"], ["func `L22 what isn't served`() {"]] as [[Substring]]
    )
    func `a rule that is served and that no test carries is a problem`(tests: [Substring]) {
        #expect(Self.problems(tests: tests) == ["no test carries P1"])
    }

    @Test func `a test's name counts only where tests are`() {
        #expect(Self.problems(source: ["func `P1 x`() {"], tests: []) == ["no test carries P1"])
    }

    @Test func `a rule stands once on the page, with its source`() {
        #expect(Self.problems(page: Self.page + Self.page[..<2]) == ["P1 stands twice on the page"])
        #expect(Self.problems(page: ["- **P1** A sentence."]) == ["P1 has no source on the page"])
    }
}
