package import ArgumentParser

/// A command with so many flags that its help doesn't fit on a screen: `--help` has the most used ones, and
/// `--help-all` all of them.
package protocol BrieflyHelped: ParsableCommand {
    /// A command line that works when it is pasted.
    static var example: String { get }
    /// The names of the flags that most people need, in the order of the help.
    static var mostUsedFlags: [String] { get }
}

extension BrieflyHelped {
    /// The text of `--help`, of lines with at most 80 characters.
    ///
    /// - Parameter program: The name of the program, with that of the command behind it.
    package static func briefHelp(of program: String) -> String {
        let flags = CommandOutline(of: Self.self).settable.filter { !["help", "version"].contains($0.name) }
        let used = mostUsedFlags.compactMap { name in flags.first { $0.name == name } }
        let lines = used.flatMap(Self.lines)
        return """
            \(wrapped(configuration.abstract, behind: "OVERVIEW: ", column: 0).joined(separator: "\n"))

            EXAMPLE:
              \(example.replacing("\n", with: "\n  "))

            MOST USED:
            \(lines.joined(separator: "\n"))

            It has \(flags.count - used.count) more flags. This shows all, with what it serves and its exit codes:
              \(program) --help-all
            """
    }

    private static func lines(of flag: CommandOutline.Flag) -> [String] {
        let name = "  --\(flag.name)" + (flag.kind == .flag ? "" : " <\(flag.valueName)>")
        let column = 26
        let clause = firstClause(of: flag.help)
        guard name.count < column - 1 else {
            let margin = String(repeating: " ", count: column)
            return [name] + wrapped(clause, behind: margin, column: column)
        }
        let start = name + String(repeating: " ", count: column - name.count)
        return wrapped(clause, behind: start, column: column)
    }

    /// Lines of a text, the first one behind `start`, and the others from a column on.
    private static func wrapped(_ text: some StringProtocol, behind start: String, column: Int) -> [String] {
        var lines: [String] = []
        var (line, isEmpty) = (start, true)
        for word in text.split(separator: " ") {
            if !isEmpty, line.count + word.count >= 80 {
                lines.append(line)
                (line, isEmpty) = (String(repeating: " ", count: column), true)
            }
            line += (isEmpty ? "" : " ") + word
            isEmpty = false
        }
        return lines + [line]
    }

    /// What stands before the first full stop or semicolon.
    private static func firstClause(of help: String) -> Substring {
        let ends = [". ", "; ", " ("].compactMap { help.firstRange(of: $0)?.lowerBound }
        let clause = ends.min().map { help[..<$0] } ?? help[...]
        return clause.hasSuffix(".") ? clause.dropLast() : clause
    }
}
