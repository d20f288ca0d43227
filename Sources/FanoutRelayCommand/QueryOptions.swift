import ArgumentParser
import Backoffs
import CommandSupport
import FanoutRelay

/// Flags about queries that clients may run on the session.
struct QueryOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "A query that every client may run at GET /queries/NAME, as text or @FILE, its variables as parameters of "
                + "the URL; may be repeated.",
            valueName: "name=document|@file"
        )
    )
    var namedQuery: [String] = []

    @Flag(
        help: """
            Let every client run queries and mutations of its own on /graphql, by POST and over WebSockets, queries by \
            GET /graphql?query= too, with the relay's credentials; off by default.
            """
    )
    var allowExecute = false

    @Option(
        help: ArgumentHelp(
            "Most queries and mutations of clients at a time, until their answers are out. The last tenth is kept for "
                + "addresses that have none.",
            valueName: "count"
        ),
        as: Flags.integer(1...100_000)
    )
    var maxExecutions = Configuration.defaults.maximumExecutions

    @Option(
        help: ArgumentHelp(
            "Most of them that wait for a place when all are taken; 0 lets none wait. More get an error.",
            valueName: "count"
        ),
        as: Flags.integer(0...100_000)
    )
    var maxWaitingExecutions = Configuration.defaults.maximumWaitingExecutions

    @Option(
        help: ArgumentHelp(
            "How long one waits for a place before it gets an error.",
            valueName: "duration"
        ),
        as: Flags.duration(.milliseconds(10) ... .seconds(60))
    )
    var executionWait = Configuration.defaults.executionWait

    @Option(
        help: ArgumentHelp(
            "Most bytes of answers that wait for all clients to read them. What is over it is an error instead. The "
                + "last eighth is kept for answers of up to 64KiB.",
            valueName: "bytes"
        ),
        as: Flags.bytes((1 << 20)...(1 << 36))
    )
    var maxAnswerBytes = AnswerLimits().bytes

    @Option(
        help: ArgumentHelp(
            "Most bytes of answers that wait for one client, so the largest answer too; never more than "
                + "--max-answer-bytes.",
            valueName: "bytes"
        ),
        as: Flags.bytes(1024...(1 << 34)),
        otherwise: AnswerLimits().bytesPerClient
    )
    var maxAnswerBytesPerClient: Int?

    @Option(
        help: ArgumentHelp(
            "How many bytes of an answer a client must read a second, on the average of "
                + "\(AnswerLimits().readInterval.canonicalText). One that reads less is closed with 1013.",
            valueName: "bytes"
        ),
        as: Flags.bytes(1...(1 << 20))
    )
    var minReadRate = AnswerLimits().slowestReader

    /// Tells a configuration what the flags say.
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
