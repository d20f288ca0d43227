import CommandSupport
import Logging
import Synchronization
import WebSockets

/// Writes lines to a standard stream on a thread of its own, so that a reader who is slow or stuck delays nobody.
///
/// Its memory is bounded. When it is full, further lines are dropped and counted, and a notice says how many once the
/// reader goes on.
final class LineQueue: TextOutputStream, Sendable {
    private struct State {
        var waiting = ""
        /// How many lines were dropped after those that wait.
        var untold = 0
        var isWriting = false
        var format = LogFormat.text
    }

    /// What lines of the log are marked with.
    static let label = "fanout-relay"

    static let output = LineQueue(to: .output)
    static let error = LineQueue(to: .error)

    /// How many lines were dropped so far.
    var dropped: Int { droppedCount.load(ordering: .relaxed) }

    private let stream: StandardStream
    private let limit: Int
    private let thread: OwnThread
    private let state = Mutex(State())
    private let droppedCount = Atomic(0)

    /// - Parameter limit: The most bytes that wait.
    init(to stream: StandardStream, limit: Int = 256 << 10) {
        self.stream = stream
        self.limit = limit
        thread = OwnThread(name: stream == .error ? "log" : "output")
    }

    /// Takes whole lines; any thread may call it, and it returns at once.
    func write(_ text: String) {
        let mustStart = state.withLock { state in
            // After a dropped line the following ones are dropped too, until the notice is written: so there is one gap
            // at a time.
            if state.untold == 0, state.waiting.utf8.count + text.utf8.count <= limit {
                state.waiting += text
            } else {
                state.untold += 1
                droppedCount.add(1, ordering: .relaxed)
            }
            defer { state.isWriting = true }
            return !state.isWriting
        }
        if mustStart { Task(executorPreference: thread) { self.writeOut() } }
    }

    /// How the notice of dropped lines is written.
    func tellsLosses(as format: LogFormat) { state.withLock { $0.format = format } }

    /// Waits on the calling thread until all is written; false when that takes too long.
    @discardableResult
    func flush(within time: Duration) -> Bool {
        let clock = ContinuousClock()
        let end = clock.now + time
        while state.withLock({ $0.isWriting }) {
            guard clock.now < end else { return false }
            StandardStream.pause(for: .milliseconds(2))
        }
        return true
    }

    private func writeOut() {
        while let text = take() { stream.write(text) }
    }

    private func take() -> String? {
        let (waiting, untold, format) = state.withLock { state in
            defer {
                state.isWriting = !state.waiting.isEmpty || state.untold > 0
                state.waiting = ""
                state.untold = 0
            }
            return (state.waiting, state.untold, state.format)
        }
        guard untold > 0 else { return waiting.isEmpty ? nil : waiting }
        return waiting + Self.notice(of: untold, as: format)
    }

    /// The notice of dropped lines, in the form of a log line; it is written at any log level.
    private static func notice(of count: Int, as format: LogFormat) -> String {
        let line = Mutex("")
        let logger = Logger(label: label) { label in
            LineLogHandler(label: label, format: format) { text in line.withLock { $0 = text } }
        }
        logger.warning(
            "log lines were dropped: they weren't read fast enough",
            metadata: ["lines": .stringConvertible(count)]
        )
        return line.withLock { $0 }
    }
}
