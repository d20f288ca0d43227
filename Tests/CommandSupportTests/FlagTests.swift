import ArgumentParser
import CommandSupport
import Testing

/// What a flag takes, what it answers otherwise, and what the help says of it.
struct FlagTests {
    enum Colour: String, CaseIterable, Sendable { case red, blue }

    struct Program: ParsableCommand {
        static let configuration = CommandConfiguration(commandName: "painter", version: Version.current)

        @Option(help: "How long it dries.", as: Flags.duration(.milliseconds(10) ... .seconds(3600)))
        var drying = Duration.seconds(90)

        @Option(help: "Coats.", as: Flags.integer(1...9))
        var coats = 2

        @Option(help: "The tin.", as: Flags.bytes(1024...(1 << 36)))
        var tin = 64 << 10

        @Option(help: "Its lid.", as: Flags.bytes(0...1000))
        var lid: Int?

        @Option(help: "What is used up.", as: Flags.integer(0...5), otherwise: 3)
        var used: Int?

        @Option(help: "What it looks like.", as: Flags.word(Colour.self))
        var colour = Colour.blue

        @Option(help: "Other colours.", as: Flags.word(Colour.self))
        var other = [Colour.red, .blue]

        @Option(help: "Where.", as: Flags.value(ListenAddress.self))
        var place = ListenAddress(host: "::1", port: 80)

        @Option(help: "Notes.", as: Flags.value(HeaderLine.self))
        var note: [HeaderLine] = []
    }

    @Test(arguments: [
        ("drying", "How long it dries. (10ms to 1h; default: 90s)"), ("coats", "Coats. (1 to 9; default: 2)"),
        ("tin", "The tin. (1KiB to 65536MiB; default: 64KiB)"), ("lid", "Its lid. (0 to 1000)"),
        ("used", "What is used up. (0 to 5; default: 3)"),
        ("colour", "What it looks like. (values: red, blue; default: blue)"),
        ("other", "Other colours. (values: red, blue; default: red, blue)"), ("place", "Where. (default: [::1]:80)"),
        ("note", "Notes."),
    ])
    func `the help ends with the range and the default that the property has`(flag: String, text: String) {
        let lines = Program.helpMessage(columns: 200).split(separator: "\n")
        let line = lines.first { $0.hasPrefix("  --\(flag) <") } ?? ""
        #expect(line.hasSuffix("  " + text), "\(line)")
    }

    @Test func `what is read is what the grammar says`() throws {
        let program = try Program.parse([
            "--drying", "1.5s", "--coats", "9", "--tin", "2MiB", "--lid", "7", "--colour", "red", "--other", "blue",
            "--place", "81", "--note", "A: b",
        ])
        #expect((program.drying, program.coats, program.tin) == (.milliseconds(1500), 9, 2 << 20))
        #expect((program.lid, program.colour, program.used) == (7, .red, nil))
        #expect(program.other == [.blue])
        #expect((program.place.host, program.place.port) == ("127.0.0.1", 81))
        #expect(program.note.map(\.description) == ["A: b"])
    }

    @Test(arguments: [
        ("--drying", "9ms", "10ms to 1h"), ("--drying", "61m", "10ms to 1h"),
        ("--drying", "soon", "10ms to 1h, written as 500ms, 10s or 5m"),
        ("--drying", "90", "a unit is missing, as in 90ms, 90s or 90m; allowed: 10ms to 1h"),
        ("--drying", "0.5", "a unit is missing, as in 0.5ms, 0.5s or 0.5m; allowed: 10ms to 1h"),
        ("--tin", "4MB", "the unit is MiB, as in 4MiB; allowed: 1KiB to 65536MiB"),
        ("--tin", "64k", "the unit is KiB, as in 64KiB; allowed: 1KiB to 65536MiB"),
        ("--tin", "64G", "1024 to 68719476736 bytes"), ("--coats", "10", "1 to 9"), ("--coats", "many", "1 to 9"),
        ("--tin", "1023", "1024 to 68719476736 bytes"),
        ("--tin", "99999999999999MiB", "1024 to 68719476736 bytes"), ("--tin", "-1KiB", "1024 to 68719476736 bytes"),
        ("--lid", "1KiB", "0 to 1000 bytes"), ("--colour", "green", "red, blue"), ("--place", "::1:80", "[IPV6]:PORT"),
        ("--note", "nothing", "'Name: value' on one line"),
    ])
    func `a bad value is one line with the program, the flag, the value and what is allowed`(
        flag: String,
        value: String,
        allowed: String
    ) throws {
        let complaint = try #require(Complaint(about: ["\(flag)=\(value)"], of: Program.self))
        #expect(complaint.exitCode == 64)
        #expect(complaint.line.hasPrefix("painter: "))
        #expect(complaint.line.contains(flag) && complaint.line.contains("'\(value)'"))
        #expect(complaint.line.contains("allowed: ") && complaint.line.contains(allowed), "\(complaint.line)")
        #expect(!complaint.line.contains("\n"))
    }

    struct Broken: ReportedError {
        let description = "the brush\nbroke"
        let exitCode: Int32 = 71
    }

    @Test func `a reported error has its own line and code`() {
        let complaint = Complaint(Broken(), of: Program.self)
        #expect(complaint?.line == "painter: the brush broke")
        #expect(complaint?.exitCode == 71)
    }

    @Test(arguments: [["--help"], ["--version"], []])
    func `help and version are no complaints`(arguments: [String]) {
        #expect(Complaint(about: arguments, of: Program.self)?.line == nil)
        #expect(Complaint(ExitCode(1), of: Program.self)?.line == nil)
    }
}
