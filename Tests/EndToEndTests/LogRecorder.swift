import Logging
import Synchronization

/// Keeps the lines that were logged, at `info` or above by default.
final class LogRecorder: Sendable {
    private let recorded = Mutex<[String]>([])

    /// Level, message and metadata of each.
    var lines: [String] { recorded.withLock { $0 } }

    var logger: Logger { logger(.info) }

    func logger(_ level: Logger.Level) -> Logger {
        Logger(label: "test") { _ in Handler(recorder: self, logLevel: level) }
    }

    private func record(_ line: String) { recorded.withLock { $0.append(line) } }

    private struct Handler: LogHandler {
        let recorder: LogRecorder
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.info

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            let details = (event.metadata ?? [:]).map { "\($0)=\($1)" }.sorted().joined(separator: " ")
            recorder.record("\(event.level): \(event.message) \(details)")
        }
    }
}
