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

    /// A logger that goes by a threshold, and writes every entry on one line.
    func logger(_ threshold: LogThreshold) -> Logger {
        Logger(label: "fanout-relay") {
            ThresholdLogHandler(StreamLogHandler(label: $0, stream: LineQueue.error), threshold)
        }.onOneLine
    }
}
