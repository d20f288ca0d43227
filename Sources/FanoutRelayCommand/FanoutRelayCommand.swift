import ArgumentParser
import CommandSupport
import Glibc
import GraphQLSession
import Settings
import WebSockets

/// The program's root command: `fanout-relay`.
struct FanoutRelayCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fanout-relay",
        abstract: "One GraphQL subscription upstream, any number of WebSocket clients downstream.",
        discussion: """
            The relay holds one reconnecting session to a GraphQL server and passes the events of its subscriptions on \
            to every client that connects: GraphQL clients on /graphql, plain ones on /topics/NAME.

            To see it work:
              fanout-relay demo
            To try your server, and to run the relay of it:
              fanout-relay check --upstream ws://localhost:4000/graphql
              fanout-relay serve --upstream ws://localhost:4000/graphql \\
                  --topic 'news=subscription { news { title } }'
            """,
        version: Version.current,
        subcommands: [
            ServeCommand.self, CheckCommand.self, ConsoleCommand.self, DemoCommand.self, ConfigCommand.self,
            TopCommand.self, ClusterCommand.self,
        ]
    )

    /// Runs the command that the arguments name, on the main thread; an error is one line on standard error.
    static func main() {
        ProcessSignals.shield()
        let thread = OwnThread()
        // Signals and the drain must work even while Swift's shared pool is blocked.
        Task(executorPreference: thread) { await runCommand() }
        thread.run()
    }

    @concurrent
    private static func runCommand() async -> Never {
        var settings: Settings?
        do {
            let arguments: [String]
            switch try Preparation(Array(CommandLine.arguments.dropFirst()), of: Self.self) {
            case .parse(let words): arguments = words
            case .show(let text):
                LineQueue.output.write("\(text)\n")
                end(EXIT_SUCCESS)
            }
            settings = try RelaySettings.settings(arguments)
            for variable in settings?.unknownVariables ?? [] {
                LineQueue.error.write("fanout-relay: \(RelaySettings.notice(of: variable))\n")
            }
            var command = try parseAsRoot(settings.map { arguments.prefix(1) + $0.arguments } ?? arguments)
            if let serve = command as? ServeCommand {
                try await serve.run(as: settings)
            } else if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
            end(EXIT_SUCCESS)
        } catch let exit as ExitCode {
            end(exit.rawValue)
        } catch {
            guard let complaint = Complaint(error, of: Self.self) else { exit(withError: error) }
            let located = locate(complaint, in: settings)
            complain(complaint.line(of: located.line), located.exitCode)
        }
    }

    /// A complaint about a command line in the terms of where the value stands.
    static func locate(_ complaint: Complaint, in settings: Settings?) -> Failure {
        let located = settings?.locate(complaint.text)
        return Failure(
            line: located?.line ?? complaint.text,
            exitCode: located?.place?.exitCode ?? complaint.exitCode
        )
    }

    /// Ends the program with one line on standard error.
    static func complain(_ line: String, _ code: Int32) -> Never {
        LineQueue.error.write("\(line.onOneLine)\n")
        end(code)
    }

    /// Ends the program without `exit`, which would run the libraries' destructors while a loop's thread may still be
    /// closing.
    ///
    /// Earlier output is written first, unless nobody reads it.
    static func end(_ code: Int32) -> Never {
        LogOptions.repeats.tellAll()
        for queue in [LineQueue.output, .error] { queue.flush(within: .seconds(1)) }
        fflush(nil)
        _exit(code)
    }
}
