package import ArgumentParser

/// What a program does with its command line before the parser sees it.
package enum Preparation {
    /// These words are to be parsed.
    case parse([String])
    /// This text is to be shown, and nothing else to be done.
    case show(String)

    /// Looks at a command line.
    ///
    /// - Throws: `ValidationError` for a command that there isn't, and for flags that contradict each other.
    package init(_ words: [String], of program: (some ParsableCommand).Type) throws {
        let name = program._commandName
        guard words != ["--help-all"] else {
            self = .parse(["--help"])
            return
        }
        guard let first = words.first, !first.hasPrefix("-"), first != "help" else {
            self = .parse(words)
            return
        }
        let commands = program.configuration.subcommands
        guard let command = commands.first(where: { $0._commandName == first }) else {
            let names = commands.map { $0._commandName }
            let hint = NearestName.find(first, among: names).map { "; did you mean \($0)?" } ?? ";"
            throw ValidationError(
                "'\(first.prefix(50))': no command has this name\(hint) allowed: \(names.joined(separator: ", "))"
            )
        }
        let flags = words.dropFirst().prefix { $0 != "--" }
        if let brief = command as? any BrieflyHelped.Type, flags.contains("--help") || flags.contains("-h") {
            self = .show(brief.briefHelp(of: "\(name) \(first)"))
            return
        }
        guard !flags.contains("--help-all") else {
            self = .parse([first, "--help"])
            return
        }
        if let complaint = Self.contradiction(in: words.dropFirst(), of: command) { throw ValidationError(complaint) }
        self = .parse(words)
    }

    private static func contradiction(
        in words: some Collection<String>,
        of command: (some ParsableCommand).Type
    ) -> String? {
        CommandOutline(of: command).contradiction(in: words)
    }
}
