internal import GraphQLTransport
internal import WebSockets

/// One client's WebSocket: its protocol machine, its operations, and the frames that wait for it.
///
/// Everything goes through the one queue, so that a `complete` never overtakes a `next`. Lives on the server's loop.
final class Link {
    let socket: WebSocket
    var machine: ServerMachine
    /// Fires when `connection_init` is overdue.
    var deadline: LoopTimer?
    /// The operations that run, by the bytes of their ids.
    private(set) var operations: [[UInt8]: Feed] = [:]
    /// Marks it while a sweep collects the links that it wrote to.
    var isTouched = false
    /// True once a fault silenced it: nothing is read or written any more.
    private(set) var isSilent = false
    /// Bytes beyond the limit that may wait until the queue is empty again: those of an oversized message.
    private(set) var allowance = 0
    private var queue = FrameQueue()

    init(_ socket: WebSocket, limits: ServerMachine.Limits) {
        self.socket = socket
        machine = ServerMachine(limits: limits)
    }

    /// How many bytes wait for the client to read.
    var backlog: Int { queue.count }

    /// Whether one of the operations sends as fast as the client takes it.
    var hasUnpacedOperation: Bool { operations.values.contains { $0.source.isUnpaced } }

    func add(_ id: [UInt8], _ feed: Feed) { operations[id] = feed }

    func remove(_ id: [UInt8]) -> Feed? { operations.removeValue(forKey: id) }

    func removeAll() -> [[UInt8]: Feed] {
        defer { operations = [:] }
        return operations
    }

    /// Queues one message.
    func send(_ message: [UInt8]) {
        if !isSilent { queue.append(message) }
    }

    /// Queues one binary message, which the protocol doesn't have.
    func send(binary message: [UInt8]) {
        if !isSilent { queue.append(binary: message) }
    }

    /// Queues one message that the limit of what may wait is not meant for.
    func send(oversized message: [UInt8]) {
        send(message)
        allowance += message.count
    }

    /// Queues a `next` message in three pieces; false if the link is silent.
    func send(_ prefix: [UInt8], _ payload: [UInt8]) -> Bool {
        guard !isSilent else { return false }
        queue.append(prefix, payload, MessageWriter.nextSuffix)
        return true
    }

    /// Queues bytes that are no frame, and falls silent behind them.
    func sendLast(raw: [UInt8]) {
        if !isSilent { queue.append(raw: raw) }
        isSilent = true
    }

    /// Sends and reads nothing more; what waits is still sent.
    func fallSilent() { isSilent = true }

    /// Drops what waits; only for a link that is being closed.
    func forget() { queue = FrameQueue() }

    /// Hands what waits to the kernel, as much as it takes.
    func flush() {
        guard !queue.isEmpty else { return }
        guard socket.isReady else { return socket.requestWritable() }
        // Taken out, so that no state is held while the socket acts.
        var sending = FrameQueue()
        swap(&sending, &queue)
        let taken = socket.push(sending.waiting)
        sending.advance(past: taken) { socket.finish($0) }
        swap(&sending, &queue)
        if queue.isEmpty { allowance = 0 }
    }
}
