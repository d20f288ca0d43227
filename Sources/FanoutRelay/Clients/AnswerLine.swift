internal import DequeModule
internal import WebSockets

/// The answers to one client's queries and mutations that wait for its socket, in order.
///
/// A class of its own, allocated on demand, because few clients have answers waiting at a time.
final class AnswerLine {
    /// An answer, and the operation that it answers.
    struct Entry {
        let execution: UInt64
        let id: String
        let answer: Answer
    }

    private(set) var waiting: Deque<Entry> = []
    private var waitingBytes = 0
    /// The answer that was handed over and of which the kernel has only a part; libwebsockets keeps the rest.
    private var goingOut: Answer?
    /// Whether events go first when the socket has room: events and answers take turns.
    var isEventsTurn = false
    /// Checks how fast the client reads; runs while answers wait.
    var timer: LoopTimer?
    var pace: ReadingPace?

    var isEmpty: Bool { waiting.isEmpty && goingOut == nil }

    /// The bytes of all answers that wait or are being sent.
    var bytes: Int { waitingBytes + (goingOut?.size ?? 0) }

    func append(_ entry: Entry) {
        waiting.append(entry)
        waitingBytes += entry.answer.size
    }

    func takeFirst() -> Entry? {
        guard let first = waiting.popFirst() else { return nil }
        waitingBytes -= first.answer.size
        return first
    }

    /// Drops the waiting answers of an operation.
    func drop(_ execution: UInt64) {
        waiting.removeAll { $0.execution == execution }
        waitingBytes = waiting.reduce(0) { $0 + $1.answer.size }
    }

    /// Notes that an answer was handed over, and that the kernel doesn't have all of it yet.
    func holds(_ answer: Answer) { goingOut = answer.withoutContent }

    /// Notes that the socket has room: everything that was handed over has been sent.
    func isOut() { goingOut = nil }
}
