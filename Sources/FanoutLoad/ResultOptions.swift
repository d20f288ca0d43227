import ArgumentParser
import CommandSupport

/// What a summary must meet, and how it is shown.
struct ResultOptions: ParsableArguments {
    @Option(
        name: .customLong("require"),
        help: ArgumentHelp(
            """
            A requirement on a figure; if it isn't met, the command fails. May be repeated. Figures: p50 p90 p99 p99.9 \
            max mean (times), lost duplicated reordered gaps skipped restarts refused closed errors deliveries rate \
            fewest fairness throttled (numbers), cpu (the tool's, in %). A requirement replaces the rule that its \
            figure must be 0.
            """,
            valueName: "'p99 < 50ms'"
        ),
        transform: Flags.requirement
    )
    var requirements: [Requirement] = []

    @Flag(help: "Prints the summary as one JSON object.")
    var json = false

    @Option(help: "A file for an HTML page with the figures and their plots.")
    var html: String?

    /// The file for the page, opened before there are results.
    func page() throws(OutputFile.Failure) -> OutputFile? {
        guard let html else { return nil }
        return try OutputFile(html, option: "--html")
    }

    /// Shows a summary, and throws the exit code of what failed.
    func show(_ summary: Summary, _ page: OutputFile?) throws {
        try page?.write(Page(summary).document.text)
        StandardStream.output.write(json ? SummaryJSON(summary).text : SummaryTable(summary).text)
        guard summary.failures.isEmpty else { throw ExitCode(1) }
    }
}
