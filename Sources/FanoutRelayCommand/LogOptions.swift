import ArgumentParser
import CommandSupport
import FanoutRelay
import Logging

/// Flags about the log, which goes to standard error.
struct LogOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The least severe level that is logged.",
            valueName: "level"
        ),
        as: Flags.word(Logger.Level.self)
    )
    var logLevel = Logger.Level.info

    @Option(
        help: ArgumentHelp(
            "How the log is written: as text, or as a JSON object a line with time (RFC 3339, UTC), level, label, "
                + "component, message and metadata.",
            valueName: "format"
        ),
        as: Flags.word(LogFormat.self)
    )
    var logFormat = LogFormat.text

    /// What was withheld of the log, which the process tells before its end.
    static let repeats = LogRepeats()

    /// A logger that goes by a threshold, writes every entry on one line, and limits repeats.
    func logger(_ threshold: LogThreshold) -> Logger {
        LineQueue.error.tellsLosses(as: logFormat)
        return Logger(label: LineQueue.label) {
            let lines = LineLogHandler(label: $0, format: logFormat) { LineQueue.error.write($0) }
            return ThresholdLogHandler(RepeatLimitHandler(lines, repeats: Self.repeats), threshold)
        }.onOneLine
    }
}
