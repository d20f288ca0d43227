/// Which questions a hook is asked at the moment, and which wait for their turn; a value, without a clock and I/O.
///
/// Who asks what is being asked already shares the call. Times are those of any clock that doesn't jump.
package struct HookLine: Sendable {
    /// How many, and how long.
    package struct Limits: Sendable, Hashable {
        /// Most calls at a time; 32 by default.
        package var concurrency = 32
        /// Most questions that wait for their turn; 256 by default.
        package var waiting = 256
        /// How long a question may take, its turn in the line included; 2 s by default.
        package var timeout = Duration.seconds(2)

        /// The defaults.
        package init() {}
    }

    /// What becomes of a question.
    package enum Entry: Sendable, Equatable {
        /// The caller has to make the call.
        case starts
        /// Another has asked the same.
        case shares
        case waits
        /// The line is full.
        case busy
    }

    private struct Call {
        var askers = 1
        let end: Duration
        var isRunning: Bool
    }

    private let limits: Limits
    private var calls: [HookQuestion.Key: Call] = [:]
    /// Those that wait, the oldest first.
    private var line: [HookQuestion.Key] = []

    /// One without questions.
    package init(limits: Limits = Limits()) { self.limits = limits }

    /// How many calls are made at the moment.
    package var running: Int { calls.count - line.count }
    /// How many questions wait.
    package var waiting: Int { line.count }

    /// Takes a question.
    package mutating func ask(_ key: HookQuestion.Key, at now: Duration) -> Entry {
        if calls[key] != nil {
            calls[key]?.askers += 1
            return .shares
        }
        let runs = running < limits.concurrency
        guard runs || line.count < limits.waiting else { return .busy }
        calls[key] = Call(end: now + limits.timeout, isRunning: runs)
        if !runs { line.append(key) }
        return runs ? .starts : .waits
    }

    /// How long a call may still take.
    package func timeLeft(for key: HookQuestion.Key, at now: Duration) -> Duration {
        max(.zero, (calls[key]?.end ?? now) - now)
    }

    /// One who asked has left.
    ///
    /// A question that nobody asks any more isn't made. A call that runs goes on, since its answer is kept.
    package mutating func leave(_ key: HookQuestion.Key) {
        guard let call = calls[key] else { return }
        if call.askers == 1, !call.isRunning {
            calls[key] = nil
            line.removeAll { $0 == key }
        } else {
            calls[key]?.askers = max(0, call.askers - 1)
        }
    }

    /// A call is over; the next one, which the caller has to make.
    package mutating func ended(_ key: HookQuestion.Key) -> HookQuestion.Key? {
        guard calls[key]?.isRunning == true else { return nil }
        calls[key] = nil
        guard let next = line.first else { return nil }
        line.removeFirst()
        calls[next]?.isRunning = true
        return next
    }

    /// When the first one in the line gives up; nil while nobody waits.
    package var firstEnd: Duration? { line.first.flatMap { calls[$0]?.end } }

    /// Takes those out of the line whose time is over.
    package mutating func expire(at now: Duration) -> [HookQuestion.Key] {
        // They have come one after the other, and all with the same time.
        let over = Array(line.prefix { key in calls[key].map { $0.end <= now } ?? true })
        line.removeFirst(over.count)
        for key in over { calls[key] = nil }
        return over
    }
}
