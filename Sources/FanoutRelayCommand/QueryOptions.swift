import ArgumentParser
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
            "Most queries and mutations of clients at a time, until their answers are out; 100 by default. The last "
                + "tenth is kept for addresses that have none.",
            valueName: "count"
        ),
        transform: Flags.integer(1...100_000)
    )
    var maxExecutions = 100

    @Option(
        help: ArgumentHelp(
            "Most of them that wait for a place when all are taken; 100 by default, 0 lets none wait. More get an error.",
            valueName: "count"
        ),
        transform: Flags.integer(0...100_000)
    )
    var maxWaitingExecutions = 100

    @Option(
        help: ArgumentHelp(
            "How long one waits for a place before it gets an error; 5s by default.",
            valueName: "duration"
        ),
        transform: Flags.duration(.milliseconds(10) ... .seconds(60))
    )
    var executionWait = Duration.seconds(5)

    @Option(
        help: ArgumentHelp(
            "Most bytes of answers that wait for all clients to read them; 64MiB by default. What is over it is an "
                + "error instead. The last eighth is kept for answers of up to 64KiB.",
            valueName: "bytes"
        ),
        transform: Flags.bytes((1 << 20)...(1 << 36))
    )
    var maxAnswerBytes = 64 << 20

    @Option(
        help: ArgumentHelp(
            "Most bytes of answers that wait for one client, so the largest answer too; 16MiB by default, and never "
                + "more than --max-answer-bytes.",
            valueName: "bytes"
        ),
        transform: Flags.bytes(1024...(1 << 34))
    )
    var maxAnswerBytesPerClient: Int?

    @Option(
        help: ArgumentHelp(
            "How many bytes of an answer a client must read a second, on the average of 15 s; 512 by default. One "
                + "that reads less is closed with 1013.",
            valueName: "bytes"
        ),
        transform: Flags.bytes(1...(1 << 20))
    )
    var minReadRate = 512

    /// Tells a configuration what the flags say.
    func apply(to configuration: inout Configuration) throws {
        configuration.allowsExecution = allowExecute
        configuration.maximumExecutions = maxExecutions
        configuration.maximumWaitingExecutions = maxWaitingExecutions
        configuration.executionWait = executionWait
        configuration.answers.bytes = maxAnswerBytes
        configuration.answers.bytesPerClient = maxAnswerBytesPerClient ?? min(16 << 20, maxAnswerBytes)
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
