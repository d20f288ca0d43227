import Logging
import Synchronization

/// Keeps the lines that were logged, at `info` or above by default.
final class LogRecorder: Sendable {
    private struct State {
        var lines: [String] = []
        /// Who waits for a line with a text in it.
        var waiting: [(text: String, continuation: CheckedContinuation<String, Never>)] = []
    }

    private let state = Mutex(State())

    /// Level, message and metadata of each.
    var lines: [String] { state.withLock { $0.lines } }

    var logger: Logger { logger(.info) }

    func logger(_ level: Logger.Level) -> Logger {
        Logger(label: "test") { _ in Handler(recorder: self, logLevel: level) }
    }

    /// The first line with a text in it, as soon as there is one.
    func line(with text: String) async -> String {
        await withCheckedContinuation { continuation in
            let known = state.withLock { state -> String? in
                let line = state.lines.first { $0.contains(text) }
                if line == nil { state.waiting.append((text, continuation)) }
                return line
            }
            if let known { continuation.resume(returning: known) }
        }
    }

    private func record(_ line: String) {
        let served = state.withLock { state in
            state.lines.append(line)
            let served = state.waiting.filter { line.contains($0.text) }
            state.waiting.removeAll { line.contains($0.text) }
            return served
        }
        for waiting in served { waiting.continuation.resume(returning: line) }
    }

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
