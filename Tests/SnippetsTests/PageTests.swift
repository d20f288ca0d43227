import Testing

/// What the documentation shows is what the target `Snippets` compiles.
struct PageTests {
    private static func compiled() throws -> [CodeBlock] {
        try SourceText.all(in: "Tests/Snippets", ending: ".swift").flatMap(CodeBlock.marked)
    }

    private static func shown() throws -> [(place: String, block: CodeBlock)] {
        var shown = CodeBlock.shown(on: try SourceText("README.md")).map { (place: "README.md", block: $0) }
        for name in ["Backoffs", "GraphQLSession", "GraphQLSessionCodable", "GraphQLTransport"] {
            let module = "Sources/\(name)"
            for source in try SourceText.all(under: module, endings: [".swift"]) {
                shown += CodeBlock.shown(inCommentsOf: source).map { (source.path, $0) }
            }
            let catalogue = "\(module)/\(name).docc"
            for page in try SourceText.all(in: catalogue, ending: ".md") {
                shown += CodeBlock.shown(on: page).map { (page.path, $0) }
            }
        }
        for page in try SourceText.all(in: "Sources/FanoutRelay/FanoutRelay.docc", ending: ".md") {
            shown += CodeBlock.shown(on: page).map { (page.path, $0) }
        }
        return shown
    }

    @Test func `every block of Swift on a page, in a doc comment and in the README is compiled as it stands`() throws {
        let compiled = Set(try Self.compiled())
        let shown = try Self.shown()
        #expect(shown.count > 30)
        for (place, block) in shown {
            let isCompiled = compiled.contains(block)
            #expect(isCompiled, "\(place) shows what no file of Tests/Snippets has:\n\(block)")
        }
    }

    @Test func `every compiled block is shown`() throws {
        let shown = Set(try Self.shown().map(\.block))
        for block in try Self.compiled() {
            let isShown = shown.contains(block)
            #expect(isShown, "Tests/Snippets has what no page shows:\n\(block)")
        }
    }
}
