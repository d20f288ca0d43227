import Glibc

/// A client with its socket, its role, and what epoll watches for.
struct Link {
    /// The counts of the earlier clients of this link.
    struct Past {
        var counts = LoadClient.Counts()
        var sequence = SequenceTracker.Counts()
        var pings = PingLedger.Counts()
        /// Connections that were opened.
        var opened = 0
        var refused: [String: Int] = [:]
        var closed: [String: Int] = [:]
    }

    /// How many bytes a crawler reads at a time, once a second.
    static let crawl = 64

    /// The subscriber.
    var client: LoadClient
    /// What the connection is for.
    let role: Role
    /// The socket; nil when there is none.
    private(set) var socket: Socket?
    /// When the last connect began.
    private(set) var begun: ContinuousClock.Instant?
    /// The earlier clients of the link.
    private(set) var past = Past()

    private let index: Int
    private var interest: Poller.Interest = []
    /// What the connection is made safe with, from the end of the connect on; nil without TLS.
    private var session: TLSSession?
    /// What the TLS handshake waits for.
    private var sessionInterest: Poller.Interest = .write

    init(index: Int, role: Role) {
        self.index = index
        self.role = role
        client = LoadClient(index: index)
    }

    /// Whether the connection is being opened.
    var isOpening: Bool {
        switch client.phase {
        case .connecting, .handshaking, .acknowledging: true
        case .waiting, .subscribed, .ended: false
        }
    }

    /// Whether the subscription was sent and the connection is still open.
    var isOpen: Bool {
        if case .subscribed = client.phase { true } else { false }
    }

    /// The events received, including those of earlier clients.
    var deliveries: UInt64 { past.counts.deliveries &+ client.counts.deliveries }

    /// Whether the connection is still of interest after the run: for its pong, or for how it was closed.
    var owesAnything: Bool { isOpen && (role.isSlow || client.pings.isWaiting) }

    /// Replaces a client that has ended by a new one.
    mutating func renew() {
        guard case .ended(let ending) = client.phase else { return }
        past.counts += client.counts
        past.sequence += client.tracker.counts
        past.pings += client.pings.counts
        switch ending {
        case .refused(let refusal): past.refused[refusal.description, default: 0] += 1
        case .closed(let departure): past.closed[departure.description, default: 0] += 1
        case .left: break
        }
        if client.wasOpened { past.opened += 1 }
        client = LoadClient(index: index)
    }

    /// Starts to connect; a refusal ends the client, a lack of resources is thrown.
    mutating func connect(to plan: LoadPlan, poller: borrowing Poller, now: ContinuousClock.Instant) throws(SystemError)
    {
        begun = now
        client.connectBegan()
        do {
            let source = plan.sources.isEmpty ? nil : plan.sources[index % plan.sources.count]
            let buffer = role.isSlow ? 4096 : plan.receiveBuffer
            guard let address = plan.endpoint(of: index).address else { return client.lost(.error(EDESTADDRREQ)) }
            let socket = try address.connect(receiveBuffer: buffer, from: source)
            self.socket = socket
            session = nil
            interest = .write
            try poller.add(socket, index: index, interest: interest)
        } catch {
            guard error.call == "connect" else { throw error }
            client.lost(.error(error.code))
        }
    }

    /// Handles the end of a connect, or goes on with the TLS handshake behind it.
    mutating func goOnConnecting(_ plan: LoadPlan, _ script: ClientScript) {
        guard let socket, client.phase == .connecting else { return }
        if session == nil {
            let code = socket.takeError()
            guard code == 0 else { return client.lost(.error(code)) }
            let endpoint = plan.endpoint(of: index)
            guard endpoint.scheme.isSecure else { return client.connected(script) }
            session = plan.trust?.session(over: socket, with: endpoint.name)
        }
        switch session?.handshake() ?? .failed(TLSTrust.lastError) {
        case .complete: client.connected(script)
        case .awaitsReading: sessionInterest = .read
        case .awaitsWriting: sessionInterest = .write
        case .failed(let words): client.refusedByTLS(words)
        }
    }

    /// Reads once, through `buffer`.
    mutating func read(
        through buffer: inout [UInt8],
        limit: Int = .max,
        script: ClientScript,
        into measurements: inout Measurements
    ) {
        guard let socket, client.phase != .connecting else { return }
        switch session?.read(into: &buffer, limit: limit) ?? socket.read(into: &buffer, limit: limit) {
        case .bytes(let count):
            measurements.noteRead(isSteady: role == .reads)
            client.receive(buffer.span.extracting(first: count), script: script, into: &measurements)
        case .wouldBlock: break
        case .endOfStream: client.lost(.endOfStream)
        case .failed(let code): client.lost(.error(code))
        }
    }

    /// Sends what the client wants to send, closes the socket if the client has ended, and updates epoll.
    mutating func settle(_ poller: borrowing Poller) throws(SystemError) {
        guard let socket else { return }
        flush(socket)
        guard !client.hasEnded else {
            session?.close()
            session = nil
            socket.close()
            self.socket = nil
            return
        }
        let wanted = wantedInterest
        guard wanted != interest else { return }
        interest = wanted
        try poller.change(socket, index: index, interest: wanted)
    }

    private var wantedInterest: Poller.Interest {
        if client.phase == .connecting { return session == nil ? .write : sessionInterest }
        var wanted: Poller.Interest = role.isSlow && isOpen && !client.isDraining ? .peerClosed : .read
        if !client.output.isEmpty { wanted.insert(.write) }
        return wanted
    }

    private mutating func flush(_ socket: Socket) {
        guard client.phase != .connecting, !client.output.isEmpty else { return }
        switch session?.write(client.output.span) ?? socket.write(client.output) {
        case .wrote(let count): client.output.removeFirst(count)
        case .wouldBlock: break
        // Reading will show how the connection ended, including a close frame before the error.
        case .failed: client.output.removeAll()
        }
    }
}
