/// Some lines of Swift on a page, in a doc comment or in a compiled file, without their common indentation.
struct CodeBlock: Hashable, CustomStringConvertible {
    private let text: String

    var description: String { text }

    init(_ lines: [Substring]) {
        let indentation = lines.filter { !$0.isEmpty }.map { $0.prefix { $0 == " " }.count }.min() ?? 0
        text = lines.map { $0.dropFirst(indentation) }.joined(separator: "\n")
    }

    /// The blocks that a page of Markdown shows.
    static func shown(on page: SourceText) -> [CodeBlock] {
        between(page.lines, begin: "```swift", end: "```")
    }

    /// The blocks that the doc comments of a source show.
    static func shown(inCommentsOf source: SourceText) -> [CodeBlock] {
        let comments = source.lines.map { line in
            let line = line.drop { $0 == " " }
            return line.hasPrefix("///") ? line.dropFirst(line.hasPrefix("/// ") ? 4 : 3) : ""
        }
        return between(comments, begin: "```swift", end: "```")
    }

    /// The blocks that a compiled file marks.
    static func marked(in source: SourceText) -> [CodeBlock] {
        between(source.lines, begin: "// snippet", end: "// end")
    }

    private static func between(_ lines: [Substring], begin: String, end: String) -> [CodeBlock] {
        var blocks: [CodeBlock] = []
        var open: [Substring]?
        for line in lines {
            let word = line.drop { $0 == " " }
            if word == begin {
                open = []
            } else if word == end, let block = open {
                blocks.append(CodeBlock(block))
                open = nil
            } else {
                open?.append(line)
            }
        }
        return blocks
    }
}
