import CommandSupport
import FanoutRelay
import Logging
import Synchronization
import WebSockets

/// Limits repeats of what the relay logs at notice and above; see `RepeatLimit`.
///
/// What the command itself logs isn't limited: it answers to what an operator did, such as a signal.
struct RepeatLimitHandler: LogHandler {
    private var handler: any LogHandler
    private let repeats: LogRepeats

    init(_ handler: any LogHandler, repeats: LogRepeats) {
        self.handler = handler
        self.repeats = repeats
    }

    var metadata: Logger.Metadata {
        get { handler.metadata }
        set { handler.metadata = newValue }
    }

    var metadataProvider: Logger.MetadataProvider? {
        get { handler.metadataProvider }
        set { handler.metadataProvider = newValue }
    }

    var logLevel: Logger.Level {
        get { handler.logLevel }
        set { handler.logLevel = newValue }
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { handler[metadataKey: key] }
        set { handler[metadataKey: key] = newValue }
    }

    func log(event: LogEvent) {
        guard event.level < .notice || event.source == Self.command || repeats.admits(event, for: handler) else {
            return
        }
        handler.log(event: event)
    }

    /// What the command's own entries have as their source.
    private static let command = String(#fileID.prefix { $0 != "/" })
}

/// What is withheld of a process's log.
final class LogRepeats: Sendable {
    /// A message is the same when it comes from the same place and has the same text, whatever else belongs to it.
    private struct Kind: Hashable {
        let message: String
        let file: String
        let line: UInt
    }

    private struct Entry {
        let event: LogEvent
        let handler: any LogHandler
    }

    private struct State {
        var limit: RepeatLimit<Kind, Entry>
        var isWaiting = false
    }

    private let state: Mutex<State>

    init(budget: Int = 5, interval: Duration = .seconds(60)) {
        state = Mutex(State(limit: RepeatLimit(budget: budget, interval: interval)))
    }

    /// Whether an entry may be logged now; what may not is told of later.
    fileprivate func admits(_ event: LogEvent, for handler: any LogHandler) -> Bool {
        let kind = Kind(message: event.message.description, file: event.file, line: event.line)
        let entry = Entry(event: event, handler: handler)
        let (isAdmitted, mustWait) = state.withLock { state in
            let isAdmitted = state.limit.admits(entry, as: kind, at: EventLoop.now)
            guard !isAdmitted, !state.isWaiting else { return (isAdmitted, false) }
            state.isWaiting = true
            return (false, true)
        }
        // A thread of its own, since a loop would have to be known here, and must not be blocked.
        if mustWait { Task(executorPreference: OwnThread(name: "log repeats")) { self.wait() } }
        return isAdmitted
    }

    /// Logs all that was withheld so far, as at the end of the process.
    func tellAll() { state.withLock { $0.limit.takeAll() }.forEach(Self.tell) }

    private func wait() {
        while let due = nextDue() {
            StandardStream.pause(for: due - EventLoop.now)
            state.withLock { $0.limit.take(at: EventLoop.now) }.forEach(Self.tell)
        }
    }

    private func nextDue() -> Duration? {
        state.withLock { state in
            let due = state.limit.due
            state.isWaiting = due != nil
            return due
        }
    }

    private static func tell(_ withheld: RepeatLimit<Kind, Entry>.Withheld) {
        var event = withheld.entry.event
        event.metadata = event.metadata ?? [:]
        event.metadata?["repeated"] = .stringConvertible(withheld.count)
        withheld.entry.handler.log(event: event)
    }
}
