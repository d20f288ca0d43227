/// A client with its socket and the edge that it is at.
struct ChaosLink {
    /// How long a connection may take to open.
    private static let opening = Duration.seconds(5)
    /// How long a connection may bring no event before the client tries another edge.
    private static let silence = Duration.seconds(15)

    var client: ChaosClient
    private(set) var edge: Int
    /// The edge that it comes back to between faults, so that none is without clients at the next one.
    private let home: Int
    /// Whether the present fault has hit the edge in such a way that the client stays, and waits.
    var isHit = false
    private(set) var socket: Socket?
    private let index: Int
    private var interest: Poller.Interest = []
    private var begun = ContinuousClock.now
    /// When the next connect may begin.
    private var due = ContinuousClock.now

    init(index: Int, edge: Int, script: ChaosScript) {
        self.index = index
        (self.edge, home) = (edge, edge)
        client = ChaosClient(index: index, script: script)
    }

    /// Whether there is something to do by the clock.
    func isDue(_ now: ContinuousClock.Instant) -> Bool {
        switch client.phase {
        case .absent: now >= due
        case .connecting, .handshaking, .acknowledging: now - begun >= Self.opening
        case .subscribed: now - max(begun, client.lastEvent ?? begun) >= Self.silence
        }
    }

    /// Starts to connect to one of the edges, or gives up a connection that takes too long.
    mutating func act(
        _ edges: [Endpoint],
        _ poller: borrowing Poller,
        _ now: ContinuousClock.Instant
    ) throws(SystemError) {
        guard client.phase == .absent else { return leave(edges.count, now) }
        begun = now
        client.connectBegan()
        do {
            guard let address = edges[edge].address else { return leave(edges.count, now) }
            let socket = try address.connect(receiveBuffer: nil)
            self.socket = socket
            interest = .write
            try poller.add(socket, index: index, interest: interest)
        } catch {
            guard error.call == "connect" else { throw error }
            leave(edges.count, now)
        }
    }

    /// Handles an event of the socket.
    mutating func handle(
        _ event: Poller.Event,
        _ edges: [Endpoint],
        through buffer: inout [UInt8],
        memo: inout RecentEvents,
        _ now: ContinuousClock.Instant
    ) {
        guard let socket else { return }
        if client.phase == .connecting {
            guard socket.takeError() == 0 else { return leave(edges.count, now) }
            let endpoint = edges[edge]
            client.connected(host: endpoint.host, target: ClientProtocol.graphql.target(for: endpoint))
        }
        guard event.isReadable else { return }
        switch socket.read(into: &buffer) {
        case .bytes(let count):
            let received = buffer.span.extracting(first: count)
            if !client.receive(received, memo: &memo, now: now) { leave(edges.count, now) }
        case .wouldBlock: break
        case .endOfStream, .failed: leave(edges.count, now)
        }
    }

    /// Sends what the client wants to send, and updates epoll.
    mutating func settle(_ poller: borrowing Poller) throws(SystemError) {
        guard let socket, client.phase != .connecting else { return }
        if !client.output.isEmpty, case .wrote(let count) = socket.write(client.output) {
            client.output.removeFirst(count)
        }
        let wanted: Poller.Interest = client.output.isEmpty ? .read : [.read, .write]
        guard wanted != interest else { return }
        interest = wanted
        try poller.change(socket, index: index, interest: wanted)
    }

    /// Has the client go on at its own edge again.
    mutating func goHome(_ now: ContinuousClock.Instant) {
        guard edge != home else { return }
        client.leave()
        socket?.close()
        socket = nil
        edge = home
        due = now + .milliseconds(Int.random(in: 0...500))
    }

    /// Closes the socket at the end.
    func close() { socket?.close() }

    /// Gives the connection up; the next one goes to the next edge, after a wait that grows with failures.
    private mutating func leave(_ edges: Int, _ now: ContinuousClock.Instant) {
        client.lost()
        socket?.close()
        socket = nil
        edge = (edge + 1) % edges
        let longest = min(1000, 50 << min(client.failures, 5))
        due = now + .milliseconds(Int.random(in: 10...longest))
    }
}
