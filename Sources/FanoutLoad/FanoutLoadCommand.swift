import ArgumentParser
import CommandSupport
import Glibc
import Settings

/// The tool's root command: `fanout-load`.
struct FanoutLoadCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fanout-load",
        abstract: "Load tests for WebSocket broadcasters, fanout-relay above all.",
        discussion: """
            The receivers are plain non-blocking sockets on epoll with a WebSocket client of their own, so that the \
            tool shares no bug with what it judges.
            """,
        version: Version.current,
        subcommands: [RunCommand.self, MergeCommand.self, FloorCommand.self, CompareCommand.self, ChaosCommand.self]
    )

    /// Runs the command that the arguments name; an error is one line on standard error.
    static func main() {
        var scenario: Settings?
        do {
            let arguments: [String]
            switch try Preparation(Array(CommandLine.arguments.dropFirst()), of: Self.self) {
            case .parse(let words): arguments = words
            case .show(let text): return StandardStream.output.write("\(text)\n")
            }
            scenario = try ScenarioFile.settings(arguments)
            var command = try parseAsRoot(scenario.map { arguments.prefix(1) + $0.arguments } ?? arguments)
            try command.run()
        } catch {
            guard let complaint = Complaint(error, of: Self.self) else { exit(withError: error) }
            let located = scenario?.locate(complaint.text)
            StandardStream.error.write(complaint.line(of: located?.line ?? complaint.text) + "\n")
            Glibc.exit(located?.place?.exitCode ?? complaint.exitCode)
        }
    }
}
