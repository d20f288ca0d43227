import ArgumentParser
import CommandSupport
import Testing

/// What is done with a command line before it is parsed.
struct PreparationTests {
    struct Paint: ParsableCommand, BrieflyHelped {
        static let configuration = CommandConfiguration(commandName: "paint", abstract: "Paint a wall.")
        static let example = "painter paint --coats 2"
        static let mostUsedFlags = ["coats", "wet"]

        @Option(help: "How many coats; two are usual. More are waste.", as: Flags.integer(1...9))
        var coats = 2

        @Option(help: "Colours; may be repeated.")
        var colour: [String] = []

        @Option(help: ArgumentHelp("A secret of the trade.", valueName: "command"))
        var mixing: String?

        @Flag(inversion: .prefixedNo, help: "Paint on wet walls.")
        var wet = false

        @Flag(help: "Sing.")
        var sing = false
    }

    struct Clean: ParsableCommand {
        static let configuration = CommandConfiguration(commandName: "clean")
    }

    struct Painter: ParsableCommand {
        static let configuration = CommandConfiguration(commandName: "painter", subcommands: [Paint.self, Clean.self])
    }

    /// What is parsed, shown, or complained of.
    private static func outcome(_ words: [String]) -> String {
        do {
            switch try Preparation(words, of: Painter.self) {
            case .parse(let words): return "parse: " + words.joined(separator: " ")
            case .show(let text): return "show: " + text
            }
        } catch {
            return Complaint(error, of: Painter.self).map { "\($0.exitCode): \($0.line)" } ?? "\(error)"
        }
    }

    @Test(arguments: [
        [], ["--help"], ["--version"], ["help", "paint"], ["clean", "--help"], ["paint", "--coats", "3"],
        ["paint", "--coats=3", "--coats", "3"], ["paint", "--colour", "red", "--colour", "blue"],
        ["paint", "--sing", "--sing", "--wet", "--wet"], ["paint", "--mixing", "--coats", "--coats", "3"],
        ["paint", "--coats", "3", "--", "--coats", "4"], ["paint", "--unknown", "1", "--unknown", "2"],
    ])
    func `all else is left to the parser`(words: [String]) {
        #expect(Self.outcome(words) == "parse: " + words.joined(separator: " "))
    }

    @Test(arguments: [
        (["paint", "--coats", "3", "--coats", "4"], "--coats '4': given before as '3'; allowed: one value"),
        (["paint", "--coats=3", "--sing", "--coats=4"], "--coats '4': given before as '3'; allowed: one value"),
        (
            ["paint", "--mixing", "a", "--mixing", "b"],
            "--mixing: given twice with different values; allowed: one value"
        ),
        (["paint", "--no-wet", "--wet"], "--wet: given and taken back by --no-wet; allowed: one of the two"),
        (["pint"], "'pint': no command has this name; did you mean paint? allowed: paint, clean"),
        (["zebra", "--help"], "'zebra': no command has this name; allowed: paint, clean"),
    ])
    func `contradictions and unknown commands are one line`(words: [String], line: String) {
        #expect(Self.outcome(words) == "64: painter: \(line)")
    }

    @Test(arguments: ["--help", "-h"])
    func `the brief help has the most used flags, and says where the others are`(flag: String) {
        let text = """
            OVERVIEW: Paint a wall.

            EXAMPLE:
              painter paint --coats 2

            MOST USED:
              --coats <coats>         How many coats
              --wet                   Paint on wet walls

            It has 3 more flags. This shows all, with what it serves and its exit codes:
              painter paint --help-all
            """
        #expect(Self.outcome(["paint", "--coats", "3", flag]) == "show: " + text)
        #expect(Self.outcome(["paint", "--help-all"]) == "parse: paint --help")
        #expect(Self.outcome(["--help-all"]) == "parse: --help")
    }
}
