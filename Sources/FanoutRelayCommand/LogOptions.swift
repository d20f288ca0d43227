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

    /// A logger at that level, which writes every entry on one line.
    func logger() -> Logger {
        var logger = Logger(label: "fanout-relay") { StreamLogHandler(label: $0, stream: LineQueue.error) }
        logger.logLevel = logLevel
        return logger.onOneLine
    }
}
