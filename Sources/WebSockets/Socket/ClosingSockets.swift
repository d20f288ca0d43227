internal import DequeModule

/// Sockets of one loop that were sent a close frame and have until their deadline to answer.
///
/// Every one has the same time, so they fall due in the order they came.
final class ClosingSockets {
    /// How long a peer may take to answer a close frame.
    private let timeout: Duration
    private var waiting: Deque<(due: Duration, socket: WebSocket)> = []
    private var timer: LoopTimer?

    init(timeout: Duration) { self.timeout = timeout }

    func append(_ socket: WebSocket) {
        waiting.append((EventLoop.now + timeout, socket))
        guard waiting.count == 1 else { return }
        let timer = timer ?? LoopTimer(on: socket.loop) { [unowned self] in terminateDue() }
        self.timer = timer
        timer.start(after: timeout)
    }

    private func terminateDue() {
        let now = EventLoop.now
        while let first = waiting.first, first.due <= now || first.socket.isClosed {
            waiting.removeFirst()
            first.socket.terminate()
        }
        if let first = waiting.first { timer?.start(after: first.due - now) }
    }

    func removeAll() {
        waiting.removeAll()
        timer = nil
    }
}
