import ArgumentParser
import CommandSupport
import FanoutRelay
import Glibc
import GraphQLSession
import WebSockets

/// `fanout-relay console`: runs queries from a terminal or a pipe over one permanent session.
struct ConsoleCommand: AsyncParsableCommand, BrieflyHelped {
    static let configuration = CommandConfiguration(
        commandName: "console",
        abstract: "Run queries, or a prepared query with typed values, and print the answers.",
        discussion: """
            A query ends with the line that completes it, or with a blank line. Answers go to standard output, one \
            line each. Errors go to standard error, and the session continues. Without a terminal, queries are read \
            from standard input. Ctrl-D ends the program.

            Exit codes: 0 the input ended, 1 a query from a pipe failed, 64 bad flags, 69 the server can't be reached, \
            78 a file can't be read.

            Examples:
              fanout-relay console --upstream ws://localhost:4000/graphql
              echo '{ hello }' | fanout-relay console --upstream ws://localhost:4000/graphql
              fanout-relay console --upstream wss://countries.example.org/graphql \\
                  --query 'query ($code: ID!) { continent(code: $code) { name } }' --variable code
              fanout-relay console --execute-url https://countries.example.org/graphql
            """
    )

    static let example = """
        echo '{ hello }' | fanout-relay console --upstream ws://localhost:4000/graphql
        """

    static let mostUsedFlags = [
        "config", "upstream", "execute-url", "header", "init-payload", "query",
        "variable", "history-file",
    ]

    @OptionGroup(title: "Settings")
    var file: SettingsFileOption

    @OptionGroup(title: "Upstream")
    var upstream: UpstreamOptions

    @Option(
        help: ArgumentHelp(
            "A prepared query, as text or @FILE. Each line of input is a value for its variable.",
            valueName: "document|@file"
        )
    )
    var query: String?

    @Option(help: ArgumentHelp("The variable of --query; not needed if there is only one.", valueName: "name"))
    var variable: String?

    @Option(help: ArgumentHelp("A file for the history of what was typed.", valueName: "file"))
    var historyFile: String?

    /// Runs until the input ends.
    func run() async throws {
        ProcessSignals.endAtHangUp()
        let input = try console()
        // With HTTP alone no link is dialled, so that its address doesn't matter.
        let endpoint =
            if upstream.upstream == nil, let url = upstream.executeUrl {
                try Flags.webSocket(beside: url)
            } else {
                try upstream.endpoint()
            }
        var configuration = try upstream.configuration()
        // A fatal close code ends the console instead of being retried.
        configuration.fatalPause = nil
        let loop: EventLoop
        do {
            loop = try EventLoop(name: "console", closeTimeout: configuration.closeTimeout)
        } catch {
            throw Failure(line: "\(error)", exitCode: EX_OSERR)
        }
        let session = PermanentSession(to: endpoint, configuration, on: loop)
        let notices = ConnectionNotices()
        let watching = Task(executorPreference: loop) { await notices.follow(session.events) }
        if upstream.upstream != nil { await session.start() }
        let lines = LineSource(historyFile: historyFile)
        let isFlawless: Bool
        do {
            isFlawless = try await Console(session: session, notices: notices).run(input, lines)
        } catch {
            await end(session, on: loop)
            throw error
        }
        await end(session, on: loop)
        await watching.value
        guard isFlawless || lines.isInteractive else { throw ExitCode(1) }
    }

    /// Ends the session and the loop's thread, which must be gone before the process exits.
    private func end(_ session: PermanentSession, on loop: EventLoop) async {
        await session.close()
        await loop.stop()
    }

    private func console() throws -> ConsoleInput {
        guard let query else {
            guard variable == nil else {
                throw Failure(line: "--variable: allowed: together with --query only", exitCode: 64)
            }
            return .queries(QueryAssembly())
        }
        let prepared: PreparedQuery
        do {
            prepared = try PreparedQuery(document: try FileText.resolve(query, option: "--query"))
        } catch let error as ConfigurationError {
            throw Failure(line: "--query: \(error.description)", exitCode: 64)
        }
        let names = prepared.variableNames
        guard let name = variable ?? (names.count == 1 ? names.first : nil), names.contains(name) else {
            let allowed = names.isEmpty ? "a query with a variable" : names.joined(separator: ", ")
            throw Failure(line: "--variable: allowed: \(allowed)", exitCode: 64)
        }
        return .values(prepared, variable: name)
    }
}
