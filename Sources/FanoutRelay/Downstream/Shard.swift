internal import GraphQLTransport
internal import Logging
internal import Synchronization
internal import WebSockets

/// A share of the clients: one loop, one thread, one actor.
///
/// Takes batches from the broadcaster, appends them to its backlogs, and sweeps its subscribers in a plain loop.
actor Shard {
    let loop: EventLoop
    let admission: Admission
    let routes: Routes
    let statistics: ShardStatistics
    let logger: Logger
    var topics: [ShardTopic]
    var clients: [Client?] = []
    private var freePlaces: [Int] = []
    private var buffer = FrameBuffer()
    private var wheel: TimerWheel
    private var ticker: LoopTimer?
    private var due: [Int] = []
    private var sweepNumber: UInt64 = 0
    /// Operations that clients sent, by their text as sent, so that equal ones are parsed once.
    var knownOperations: [SubscribeText: Int] = [:]
    var isDraining = false

    nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe loop.asUnownedSerialExecutor() }

    init(
        on loop: EventLoop,
        topics: [ShardTopic],
        admission: Admission,
        routes: Routes,
        statistics: ShardStatistics,
        logger: Logger
    ) {
        self.loop = loop
        self.topics = topics
        self.admission = admission
        self.routes = routes
        self.statistics = statistics
        self.logger = logger
        wheel = TimerWheel(now: EventLoop.now)
    }

    /// The subprotocols that clients may choose.
    static let subprotocols = ["graphql-transport-ws", plainSubprotocol]
    static let plainSubprotocol = "fanout.v1.json"

    /// Starts to take connections.
    func serve(ledger: ConnectionLedger) throws(WebSocketError) -> WebSocketServer {
        var options = WebSocketServer.Options(subprotocols: Self.subprotocols)
        options.limits = WebSocket.Limits(messageSize: admission.maximumMessageSize)
        return try WebSocketServer(on: loop, delegate: self, options: options, ledger: ledger)
    }

    /// Follows the broadcaster until it closes.
    func run(_ batches: AsyncStream<[TopicUpdate]>) async {
        for await updates in batches { apply(updates) }
    }

    // The sweep.

    private func apply(_ updates: [TopicUpdate]) {
        let now = EventLoop.now
        var touched: [Int] = []
        for update in updates {
            switch update {
            case .segment(let topic, let segment):
                topics[topic].backlog.append(segment)
                if case .status(let status) = segment.content {
                    topics[topic].status = status
                    if status == .live { topics[topic].errors = nil }
                }
                if !touched.contains(topic) { touched.append(topic) }
            case .failed(let topic, let errors):
                sweep(touched, at: now)
                touched = []
                fail(topic, errors)
            }
        }
        sweep(touched, at: now)
        for topic in touched { topics[topic].backlog.trim(at: now) }
        statistics.sweeps.add(1, ordering: .relaxed)
    }

    private func sweep(_ touched: [Int], at now: Duration) {
        sweepNumber += 1
        for topic in touched {
            // By index, and nobody joins or leaves meanwhile: ends of clients are told from the loop, later.
            for place in topics[topic].subscribers.indices {
                let subscriber = topics[topic].subscribers[place]
                let client = subscriber.client
                if client.isReady {
                    guard client.sweep != sweepNumber else { continue }
                    client.sweep = sweepNumber
                    flush(client)
                } else if topics[topic].backlog.isTooFarBehind(subscriber.cursor, at: now) {
                    disconnectSlow(client, topic: topic)
                }
            }
        }
    }

    /// Sends a client what it lacks, in one write, as far as the kernel takes it.
    func flush(_ client: Client) {
        if client.subscribers.count == 1, let only = client.subscribers.first, only.encoding != .graphQL,
            flushShared(only)
        {
            return
        }
        if let lost = client.subscribers.first(where: { $0.cursor < topics[$0.topic].backlog.tail }) {
            return disconnectSlow(client, topic: lost.topic)
        }
        buffer.fill(for: client, from: &topics)
        guard !buffer.bytes.isEmpty else {
            _ = buffer.advance(client, sent: 0)
            return
        }
        let (end, frames) = unsafe buffer.bytes.withUnsafeBytes { bytes in
            let sent = unsafe client.socket.push(bytes)
            client.isBlocked = sent < bytes.count
            let (end, frames) = buffer.advance(client, sent: sent)
            if end > sent { unsafe client.socket.finish(UnsafeRawBufferPointer(rebasing: bytes[sent..<end])) }
            return (end, frames)
        }
        count(frames: frames, bytes: end)
        // What is over the buffer's limit follows in another turn, after the other clients.
        if end == buffer.bytes.count, lacks(client) { client.socket.requestWritable() }
    }

    /// The usual case without a copy: one topic, everything lacking in one segment, ready bytes.
    private func flushShared(_ subscriber: Subscriber) -> Bool {
        guard let index = topics[subscriber.topic].backlog.index(of: subscriber.cursor) else {
            return topics[subscriber.topic].backlog.head == subscriber.cursor
        }
        let entry = topics[subscriber.topic].backlog[index]
        guard entry.end == topics[subscriber.topic].backlog.head else { return false }
        let ready = topics[subscriber.topic].backlog.frames(at: index, as: subscriber.encoding)
        let from = Int(subscriber.cursor - entry.first)
        let start = from == 0 ? 0 : ready.ends[from - 1]
        guard start < ready.bytes.count else {
            subscriber.cursor = entry.end
            return true
        }
        unsafe ready.bytes.withUnsafeBytes { bytes in
            let socket = subscriber.client.socket
            let sent = unsafe start + socket.push(UnsafeRawBufferPointer(rebasing: bytes[start...]))
            subscriber.client.isBlocked = sent < bytes.count
            guard sent < bytes.count else {
                subscriber.cursor = entry.end
                count(frames: ready.ends.count - from, bytes: bytes.count - start)
                return
            }
            guard sent > start else { return }
            // The first frame that ends at or after what was sent is the cut one, or the last whole one.
            let cut = ready.frame(endingAtOrAfter: sent, from: from)
            let end = ready.ends[cut]
            subscriber.cursor = entry.first + UInt64(cut) + 1
            count(frames: cut + 1 - from, bytes: end - start)
            if end > sent { unsafe socket.finish(UnsafeRawBufferPointer(rebasing: bytes[sent..<end])) }
        }
        return true
    }

    private func count(frames: Int, bytes: Int) {
        statistics.deliveries.add(frames, ordering: .relaxed)
        statistics.bytes.add(bytes, ordering: .relaxed)
    }

    private func lacks(_ client: Client) -> Bool {
        client.subscribers.contains { $0.cursor < topics[$0.topic].backlog.head }
    }

    private func disconnectSlow(_ client: Client, topic: Int) {
        guard client.socket.isOpen else { return }
        statistics.tooSlow.add(1, ordering: .relaxed)
        logger.debug(
            "disconnect a slow client",
            metadata: ["peer": "\(client.socket.peer)", "topic": "\(topics[topic].definition.name)"]
        )
        client.socket.close(CloseCode.tryAgainLater.rawValue, "Too slow: try again later")
    }

    // Clients.

    func join(_ client: Client) {
        let place = freePlaces.popLast() ?? clients.count
        if place == clients.count { clients.append(client) } else { clients[place] = client }
        client.socket.token = place
        statistics.clients.add(1, ordering: .relaxed)
        statistics.opened.add(1, ordering: .relaxed)
        wheel.schedule(place, at: client.deadline)
        startTicking()
    }

    func client(of socket: WebSocket) -> Client? {
        guard clients.indices.contains(socket.token), let client = clients[socket.token], client.socket === socket
        else { return nil }
        return client
    }

    func leave(_ client: Client, code: UInt16?) {
        for subscriber in client.subscribers { remove(subscriber) }
        client.subscribers = []
        clients[client.socket.token] = nil
        freePlaces.append(client.socket.token)
        statistics.clients.subtract(1, ordering: .relaxed)
        statistics.closed(code)
    }

    func add(_ subscriber: Subscriber) {
        subscriber.client.subscribers.append(subscriber)
        topics[subscriber.topic].add(subscriber)
        statistics.subscriptions.add(1, ordering: .relaxed)
        if subscriber.client.isReady { flush(subscriber.client) }
    }

    func remove(_ subscriber: Subscriber) {
        topics[subscriber.topic].remove(subscriber)
        statistics.subscriptions.subtract(1, ordering: .relaxed)
    }

    // Time.

    /// Sets a client's deadline anew.
    func watch(_ client: Client, _ watch: Client.Watch, for time: Duration) {
        client.watch = watch
        client.deadline = EventLoop.now + time
        client.wasHeard = false
        wheel.schedule(client.socket.token, at: client.deadline)
    }

    private func startTicking() {
        guard ticker == nil else { return }
        let ticker = LoopTimer(on: loop) { [weak self] in self?.assumeIsolated { $0.tick() } }
        self.ticker = ticker
        ticker.start(after: TimerWheel.grain)
    }

    private func tick() {
        let now = EventLoop.now
        due.removeAll(keepingCapacity: true)
        wheel.advance(to: now, into: &due)
        for place in due {
            guard let client = clients[place], client.deadline <= now else { continue }
            expired(client)
        }
        if wheel.count > 0 {
            ticker?.start(after: TimerWheel.grain)
        } else {
            ticker?.close()
            ticker = nil
        }
    }
}
