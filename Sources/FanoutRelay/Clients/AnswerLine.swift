internal import DequeModule
internal import WebSockets

/// The answers of one client that wait for its socket, in order.
///
/// Out of line, since few clients have one at a time.
final class AnswerLine {
    /// An answer, and the operation that it belongs to.
    struct Entry {
        let execution: UInt64
        let id: String
        let answer: Answer
    }

    private(set) var waiting: Deque<Entry> = []
    private var waitingBytes = 0
    /// What the kernel has a part of, and libwebsockets the rest.
    private var goingOut: Answer?
    /// Whose turn it is when the socket has room: events and answers take turns.
    var isEventsTurn = false
    /// Looks at how fast the client reads; runs while something waits.
    var timer: LoopTimer?
    var pace: ReadingPace?

    var isEmpty: Bool { waiting.isEmpty && goingOut == nil }

    /// The bytes that wait, and those that go out.
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

    /// Forgets what waits of an operation.
    func drop(_ execution: UInt64) {
        waiting.removeAll { $0.execution == execution }
        waitingBytes = waiting.reduce(0) { $0 + $1.answer.size }
    }

    /// An answer's frames were handed over, and the kernel hasn't all of them.
    func holds(_ answer: Answer) { goingOut = answer.withoutContent }

    /// The socket has room: all that was handed over is out.
    func isOut() { goingOut = nil }
}
