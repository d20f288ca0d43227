internal import GraphQLTransport
internal import WebSockets

/// A client's WebSocket with its protocol machine, its operations, and the frames that wait.
///
/// All frames pass one queue, so that a `complete` never overtakes a `next`. Lives on the server's loop.
final class Link {
    let socket: WebSocket
    var machine: ServerMachine
    /// Fires when `connection_init` is overdue.
    var deadline: LoopTimer?
    /// The operations that run, by the bytes of their ids.
    private(set) var operations: [[UInt8]: Feed] = [:]
    /// Marks the links that one round has written to.
    var isTouched = false
    /// True once a fault has silenced it: nothing is read or written any more.
    private(set) var isSilent = false
    /// The bytes of an oversized message, by which the limit may be exceeded until the queue is empty again.
    private(set) var allowance = 0
    private var queue = FrameQueue()

    init(_ socket: WebSocket, limits: ServerMachine.Limits) {
        self.socket = socket
        machine = ServerMachine(limits: limits)
    }

    /// How many bytes wait for the client to read.
    var backlog: Int { queue.count }

    /// Whether one of its operations sends as fast as the client reads.
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

    /// Queues a binary message, which the protocol doesn't have.
    func send(binary message: [UInt8]) {
        if !isSilent { queue.append(binary: message) }
    }

    /// Queues a message to which the limit of waiting bytes doesn't apply.
    func send(oversized message: [UInt8]) {
        send(message)
        allowance += message.count
    }

    /// Queues a `next` message from its parts; false if the link is silent.
    func send(_ prefix: [UInt8], _ payload: [UInt8]) -> Bool {
        guard !isSilent else { return false }
        queue.append(prefix, payload, MessageWriter.nextSuffix)
        return true
    }

    /// Queues bytes that aren't a frame, and falls silent after them.
    func sendLast(raw: [UInt8]) {
        if !isSilent { queue.append(raw: raw) }
        isSilent = true
    }

    /// Reads and queues nothing more; what waits is still sent.
    func fallSilent() { isSilent = true }

    /// Drops what waits; for a link that is being closed.
    func forget() { queue = FrameQueue() }

    /// Hands what waits to the kernel, as much as it takes.
    func flush() {
        guard !queue.isEmpty else { return }
        guard socket.isReady else { return socket.requestWritable() }
        // Taken out, so that no stored state is held while libwebsockets is called.
        var sending = FrameQueue()
        swap(&sending, &queue)
        let taken = socket.push(sending.waiting)
        sending.advance(past: taken) { socket.finish($0) }
        swap(&sending, &queue)
        if queue.isEmpty { allowance = 0 }
    }
}
