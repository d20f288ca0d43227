internal import DequeModule

/// Sockets of one loop that were sent a close frame and must answer it before their deadline.
///
/// All have the same time to answer, so that they are due in the order in which they were added.
final class ClosingSockets: LoopResident {
    static let outlivesSockets = true

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

    func loopStops() {
        waiting.removeAll()
        timer = nil
    }
}

extension EventLoop {
    /// Limits the time in which a socket's peer must answer its close frame.
    ///
    /// When the loop stops no limit is needed, because all sockets are closed at once.
    func limitClosing(_ socket: WebSocket) { only { ClosingSockets(timeout: closeTimeout) }?.append(socket) }
}
