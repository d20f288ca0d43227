import ArgumentParser
import CommandSupport
import Glibc

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
        subcommands: [RunCommand.self, FloorCommand.self, CompareCommand.self]
    )

    /// Runs the command that the arguments name; an error is one line on standard error.
    static func main() {
        do {
            var command = try parseAsRoot()
            try command.run()
        } catch {
            guard let complaint = Complaint(error, of: Self.self) else { exit(withError: error) }
            StandardStream.error.write(complaint.line + "\n")
            Glibc.exit(complaint.exitCode)
        }
    }
}
