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
            "Most queries and mutations of clients at a time, until their answers are out; 100 by default, more are "
                + "answered 503. The last tenth is kept for addresses that have none.",
            valueName: "count"
        ),
        transform: Flags.integer(1...100_000)
    )
    var maxExecutions = 100

    /// Tells a configuration what the flags say.
    func apply(to configuration: inout Configuration) throws {
        configuration.allowsExecution = allowExecute
        configuration.maximumExecutions = maxExecutions
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
