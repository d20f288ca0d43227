import ArgumentParser
import CommandSupport
import FanoutRelay
import Glibc
import GraphQLSession
import WebSockets

/// `fanout-relay console`: queries from a terminal or a pipe, answered over one permanent session.
struct ConsoleCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "console",
        abstract: "Type queries, or values for a prepared one, and get the answers.",
        discussion: """
            A query ends with the line that completes it, or with a blank one. Answers go to standard output, one line \
            each; errors to standard error, and the session goes on. Without a terminal, queries are read from standard \
            input. Ctrl-D ends it.

            Exit codes: 0 the end of the input, 1 a query of a pipe failed, 64 bad flags, 69 the server can't be had, \
            78 a file can't be read.

            Examples:
              fanout-relay console --upstream ws://localhost:4000/graphql
              echo '{ hello }' | fanout-relay console --upstream ws://localhost:4000/graphql
              fanout-relay console --upstream wss://countries.example.org/graphql \\
                  --query 'query ($code: ID!) { continent(code: $code) { name } }' --variable code
              fanout-relay console --execute-url https://countries.example.org/graphql
            """
    )

    @OptionGroup(title: "Upstream")
    var upstream: UpstreamOptions

    @Option(
        help: ArgumentHelp(
            "A prepared query, as text or @FILE: each line of input is a value for its variable.",
            valueName: "document|@file"
        )
    )
    var query: String?

    @Option(help: ArgumentHelp("Which variable; by default the only one.", valueName: "name"))
    var variable: String?

    @Option(help: ArgumentHelp("Keeps what was typed for the next time.", valueName: "file"))
    var historyFile: String?

    /// Runs until the input ends.
    func run() async throws {
        ProcessSignals.endAtHangUp()
        let input = try console()
        // Over HTTP alone no link is ever dialled, and its address is of no account.
        let endpoint =
            if upstream.upstream == nil, let url = upstream.executeUrl {
                try Flags.webSocket(beside: url)
            } else {
                try upstream.endpoint()
            }
        var configuration = try upstream.configuration()
        // A server that refuses us ends the console instead of being asked again and again.
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

    /// The loop's thread must be gone before the process exits under it.
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
