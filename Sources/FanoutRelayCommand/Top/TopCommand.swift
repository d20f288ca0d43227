import ArgumentParser
import CommandSupport
import FanoutRelay
import Glibc
import Settings
import WebSockets
import Wire

/// `fanout-relay top`: shows in a terminal how a relay is doing.
struct TopCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "top",
        abstract: "Show how a relay is doing: its link, rates, topics and slowest clients.",
        usage: "fanout-relay top [<flags>] [<url>]",
        discussion: """
            It asks for /state again and again, and draws it on the terminal until q. Where there is no terminal, or \
            with --once, it prints it once, after an interval in which it learns the rates.

            Exit codes: 0, 64 bad flags, 69 the relay doesn't answer (when printing once), 71 the system refuses a \
            call, 78 a file can't be used.

            Examples:
              fanout-relay top
              fanout-relay top --token-file operator.token http://127.0.0.1:9090
            """
    )

    /// The variable that may have the token.
    private static let tokenVariable = "FANOUT_TOP_TOKEN"
    private static let tokenFlag = "--token-file"

    @Argument(
        help: ArgumentHelp(
            "Where the relay is, or what it has for operators by --admin-listen (default: http://127.0.0.1:8080).",
            valueName: "url"
        ),
        transform: Flags.relayURL
    )
    var url = "http://127.0.0.1:8080"

    @Option(
        help: ArgumentHelp("How long to wait between two looks.", valueName: "duration"),
        as: Flags.duration(.milliseconds(100) ... .seconds(60))
    )
    var interval = Duration.seconds(1)

    @Option(
        help: ArgumentHelp(
            "A file whose first word is the token of an operator; without it \(tokenVariable) may have one.",
            valueName: "file"
        )
    )
    var tokenFile: String?

    @Option(
        help: ArgumentHelp("A PEM file of the authorities to trust instead of the system's.", valueName: "file")
    )
    var ca: String?

    @Flag(help: "Prints it once, as plain text.")
    var once = false

    func run() async throws {
        if let ca { try FileText.checkReadable(ca, option: "--ca") }
        let token = try token()
        let loop: EventLoop
        do {
            loop = try EventLoop(name: "top", servesSockets: false)
        } catch {
            throw Failure(line: "\(error)", exitCode: EX_OSERR)
        }
        let source = StateSource(of: url, token, authorityFile: ca, on: loop)
        do {
            if !once, let screen = TerminalScreen() {
                await watch(source, on: screen)
            } else {
                ProcessSignals.endAtHangUp()
                try await print(source)
            }
        } catch {
            await end(source)
            throw error
        }
        await end(source)
    }

    private func end(_ source: StateSource) async {
        await source.close()
        await source.loop.stop()
    }

    // Once.

    private func print(_ source: StateSource) async throws {
        do throws(StateFailure) {
            let former = try await source.report()
            try? await LoopClock(source.loop).sleep(for: interval)
            let view = TopView(of: try await source.report(), since: former, at: url)
            StandardStream.output.write(view.lines().map { "\($0.text)\n" }.joined())
        } catch {
            throw Failure(line: "\(url): \(error)", exitCode: EX_UNAVAILABLE)
        }
    }

    // Again and again.

    private enum Event: Sendable {
        case report(Result<StateReport, StateFailure>)
        /// A key, or a signal.
        case end
    }

    private func watch(_ source: StateSource, on screen: TerminalScreen) async {
        let (events, sink) = AsyncStream.makeStream(of: Event.self)
        let signals = ProcessSignals()
        let loop = source.loop
        let tasks = [
            Task(executorPreference: loop) { [interval] in
                repeat {
                    do throws(StateFailure) {
                        sink.yield(.report(.success(try await source.report())))
                    } catch {
                        sink.yield(.report(.failure(error)))
                    }
                } while (try? await LoopClock(loop).sleep(for: interval)) != nil
            },
            Task(executorPreference: loop) { for await _ in signals { sink.yield(.end) } },
        ]
        screen.enter { if $0 == UInt8(ascii: "q") { sink.yield(.end) } }
        defer { screen.leave() }
        var former: StateReport?
        for await event in events {
            guard case .report(let result) = event else { break }
            switch result {
            case .success(let report):
                screen.draw(TopView(of: report, since: former, at: url).lines(in: screen.size))
                former = report
            case .failure(let failure):
                screen.draw(TopView.lines(without: failure, at: url, in: screen.size))
                former = nil
            }
        }
        for task in tasks { task.cancel() }
    }

    // The token.

    private func token() throws -> HTTPField? {
        if let tokenFile {
            let text = try FileText.read(tokenFile, option: Self.tokenFlag)
            let word = text.split(whereSeparator: \.isWhitespace).first
            return try field(word, "\(Self.tokenFlag) '\(tokenFile)'", EX_CONFIG)
        }
        guard let text = Settings.environment[Self.tokenVariable], !text.isEmpty else { return nil }
        return try field(text[...], Self.tokenVariable, EX_USAGE)
    }

    private func field(_ token: Substring?, _ place: String, _ exitCode: Int32) throws -> HTTPField {
        guard let token, token.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw Failure(line: "\(place): it has no token; allowed: one of visible ASCII", exitCode: exitCode)
        }
        return HTTPField(name: "Authorization", value: "Bearer \(token)")
    }
}

extension Flags {
    /// The URL of a relay, without a slash at its end.
    static func relayURL(_ text: String) throws -> String {
        var url = try executeURL(text)
        guard !url.contains("?") else { throw ValidationError("a query has no place in it; allowed: http://HOST:PORT") }
        while url.hasSuffix("/") { url.removeLast() }
        return url
    }
}
