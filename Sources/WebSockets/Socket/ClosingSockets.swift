internal import CLibwebsockets
internal import DequeModule

/// Sockets of one loop that were sent a close frame and must answer it before their deadline.
///
/// All have the same time to answer, so that they are due in the order in which they were added. Of those that send on
/// without end only a part is read, though the time lasts, so that the close frame isn't lost to a reset.
final class ClosingSockets: LoopResident {
    private struct Entry {
        let due: Duration
        let socket: WebSocket
        var reading: ClosingRead

        init(_ socket: WebSocket, due: Duration) {
            self.due = due
            self.socket = socket
            reading = ClosingRead(from: socket.maySendOn ? socket.readBytes(since: 0) : nil)
        }
    }

    static let outlivesSockets = true

    /// How often it is looked at how much was read.
    private static let grain = Duration.milliseconds(25)

    /// How long a peer may take to answer a close frame.
    private let timeout: Duration
    private var waiting: Deque<Entry> = []
    private var timer: LoopTimer?

    init(timeout: Duration) { self.timeout = timeout }

    func append(_ socket: WebSocket) {
        waiting.append(Entry(socket, due: EventLoop.now + timeout))
        guard waiting.count == 1 else { return }
        let timer = timer ?? LoopTimer(on: socket.loop) { [unowned self] in look() }
        self.timer = timer
        timer.start(after: min(timeout, Self.grain))
    }

    private func look() {
        let now = EventLoop.now
        waiting.removeAll { $0.socket.isClosed }
        while let first = waiting.first, first.due <= now {
            waiting.removeFirst()
            first.socket.terminate()
        }
        for index in waiting.indices where waiting[index].socket.maySendOn {
            let socket = waiting[index].socket
            let count = socket.readBytes(since: waiting[index].reading.begin ?? 0)
            if waiting[index].reading.isEnough(count, wasRead: socket.wasRead) { socket.stopReading() }
        }
        if let first = waiting.first { timer?.start(after: min(first.due - now, Self.grain)) }
    }

    func loopStops() {
        waiting.removeAll()
        timer = nil
    }
}

extension WebSocket {
    /// Whether libwebsockets still reads what its peer sends, though the peer was told of the end.
    fileprivate var maySendOn: Bool { server != nil && !isStream && phase == .closing && !hasStoppedReading }

    /// Whether anything was read from a Unix socket since the last call.
    fileprivate var wasRead: Bool { TransferredBytes.wasRead(descriptor) == true }

    /// Reads nothing more; what was sent to the peer still goes out.
    fileprivate func stopReading() {
        guard let wsi = unsafe wsi else { return }
        hasStoppedReading = true
        unsafe lws_rx_flow_control(wsi, 0)
    }
}

extension EventLoop {
    /// Limits the time in which a socket's peer must answer its close frame.
    ///
    /// When the loop stops no limit is needed, because all sockets are closed at once.
    func limitClosing(_ socket: WebSocket) { only { ClosingSockets(timeout: closeTimeout) }?.append(socket) }
}
