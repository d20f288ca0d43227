import ArgumentParser
import Backoffs
import CommandSupport
import FanoutRelay

/// Flags about queries that clients may run on the session.
struct QueryOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "A query that every client may run by GET /queries/NAME, as text or @FILE; may be repeated. The URL's "
                + "parameters are its variables.",
            valueName: "name=document|@file"
        )
    )
    var namedQuery: [String] = []

    @Flag(
        inversion: .prefixedNo,
        help: """
            Lets every client run queries and mutations of its own on /graphql, by POST and over WebSockets, and \
            queries also by GET /graphql?query=. They run with the relay's credentials at the server.
            """
    )
    var allowExecute = false

    @Option(
        help: ArgumentHelp(
            "The most queries and mutations of clients at a time, counted until their answers are sent. The last tenth "
                + "is reserved for client addresses that have none.",
            valueName: "count"
        ),
        as: Flags.integer(1...100_000)
    )
    var maxExecutions = Configuration.defaults.maximumExecutions

    @Option(
        help: ArgumentHelp(
            "The most queries and mutations that wait while --max-executions run; 0 lets none wait. Further ones get "
                + "an error.",
            valueName: "count"
        ),
        as: Flags.integer(0...100_000)
    )
    var maxWaitingExecutions = Configuration.defaults.maximumWaitingExecutions

    @Option(
        help: ArgumentHelp(
            "How long a query or mutation waits for its turn before it gets an error.",
            valueName: "duration"
        ),
        as: Flags.duration(.milliseconds(10) ... .seconds(60))
    )
    var executionWait = Configuration.defaults.executionWait

    @Option(
        help: ArgumentHelp(
            "The most bytes of answers that wait for all clients to read them. An answer that exceeds it is replaced "
                + "by an error. The last eighth is reserved for answers of up to 64KiB.",
            valueName: "bytes"
        ),
        as: Flags.bytes((1 << 20)...(1 << 36))
    )
    var maxAnswerBytes = AnswerLimits().bytes

    @Option(
        help: ArgumentHelp(
            "The most bytes of answers that wait for one client, and so the largest answer; at most "
                + "--max-answer-bytes.",
            valueName: "bytes"
        ),
        as: Flags.bytes(1024...(1 << 34)),
        otherwise: AnswerLimits().bytesPerClient
    )
    var maxAnswerBytesPerClient: Int?

    @Option(
        help: ArgumentHelp(
            "How many bytes of an answer a client must read each second, averaged over "
                + "\(AnswerLimits().readInterval.canonicalText). A client that reads less is closed with 1013.",
            valueName: "bytes"
        ),
        as: Flags.bytes(1...(1 << 20))
    )
    var minReadRate = AnswerLimits().slowestReader

    /// Writes the flags to a configuration.
    func apply(to configuration: inout Configuration) throws {
        configuration.allowsExecution = allowExecute
        configuration.maximumExecutions = maxExecutions
        configuration.maximumWaitingExecutions = maxWaitingExecutions
        configuration.executionWait = executionWait
        configuration.answers.bytes = maxAnswerBytes
        configuration.answers.bytesPerClient =
            maxAnswerBytesPerClient ?? min(AnswerLimits().bytesPerClient, maxAnswerBytes)
        configuration.answers.slowestReader = minReadRate
        if let maxAnswerBytesPerClient, maxAnswerBytesPerClient > maxAnswerBytes {
            throw Failure(
                line: "--max-answer-bytes-per-client \(maxAnswerBytesPerClient): allowed: up to --max-answer-bytes, "
                    + "\(maxAnswerBytes)",
                exitCode: 64
            )
        }
        for text in namedQuery {
            guard let equals = text.firstIndex(of: "=") else {
                throw Failure(line: "--named-query '\(text)': allowed: NAME=DOCUMENT or NAME=@FILE", exitCode: 64)
            }
            let document = try FileText.resolve(String(text[text.index(after: equals)...]), option: "--named-query")
            do {
                configuration.namedQueries.append(try NamedQuery(name: String(text[..<equals]), document: document))
            } catch {
                throw Failure(line: "--named-query: \(error.description)", exitCode: 64)
            }
        }
    }
}
