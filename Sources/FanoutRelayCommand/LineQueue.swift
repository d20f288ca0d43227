import CommandSupport
import Logging
import Synchronization
import WebSockets

/// Lines for a standard stream, written by a thread of their own: whoever reads them slowly, or not at all, stalls
/// nobody.
///
/// It holds a bounded number of bytes; what comes when it is full is dropped, counted, and told once the reader goes on.
final class LineQueue: TextOutputStream, Sendable {
    private struct State {
        var waiting = ""
        /// The lines that were dropped behind those that wait.
        var untold = 0
        var isWriting = false
    }

    static let output = LineQueue(to: .output)
    static let error = LineQueue(to: .error)

    /// Lines that were dropped so far.
    var dropped: Int { droppedCount.load(ordering: .relaxed) }

    private let stream: StandardStream
    private let limit: Int
    private let thread: OwnThread
    private let state = Mutex(State())
    private let droppedCount = Atomic(0)

    /// - Parameter limit: Most bytes that wait.
    init(to stream: StandardStream, limit: Int = 256 << 10) {
        self.stream = stream
        self.limit = limit
        thread = OwnThread(name: stream == .error ? "log" : "output")
    }

    /// Takes whole lines; from every thread, at once.
    func write(_ text: String) {
        let mustStart = state.withLock { state in
            // Once a line is dropped, so are those behind it until that is told: there is one gap at a time.
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

    /// Waits until all is written, on the calling thread; false when that takes too long.
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
        let (waiting, untold) = state.withLock { state in
            defer {
                state.isWriting = !state.waiting.isEmpty || state.untold > 0
                state.waiting = ""
                state.untold = 0
            }
            return (state.waiting, state.untold)
        }
        guard untold > 0 else { return waiting.isEmpty ? nil : waiting }
        return waiting + Self.notice(of: untold)
    }

    /// A line like every other one of the log, whatever its level.
    private static func notice(of count: Int) -> String {
        let line = Line()
        let logger = Logger(label: "fanout-relay") { StreamLogHandler(label: $0, stream: line) }
        logger.warning("log lines were dropped: they weren't read fast enough", metadata: ["lines": "\(count)"])
        return line.text.withLock { $0 }
    }

    private final class Line: TextOutputStream, Sendable {
        let text = Mutex("")

        func write(_ string: String) { text.withLock { $0 += string } }
    }
}
