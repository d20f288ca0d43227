/// A client with its socket, its place among the others, and what epoll was told about it.
struct Link {
    /// The subscriber.
    var client: LoadClient
    /// Whether the client subscribes and then never reads.
    let neverReads: Bool
    /// The socket while there is one.
    private(set) var socket: Socket?
    /// When the connect began.
    private(set) var begun: ContinuousClock.Instant?

    private let index: Int
    private var interest: Poller.Interest = []

    init(index: Int, neverReads: Bool) {
        self.index = index
        self.neverReads = neverReads
        client = LoadClient(seed: UInt32(truncatingIfNeeded: index &* 2_654_435_761 &+ 12345))
    }

    /// Whether the connection is being opened.
    var isOpening: Bool {
        switch client.phase {
        case .connecting, .handshaking, .acknowledging: true
        case .waiting, .subscribed, .ended: false
        }
    }

    /// Whether the subscription has been sent and the connection stands.
    var isOpen: Bool {
        if case .subscribed = client.phase { true } else { false }
    }

    /// Whether something may still be learnt from the connection once the run is over: its pong, or how it was closed.
    var owesAnything: Bool { isOpen && (neverReads || client.pings.isWaiting) }

    /// Begins to connect; a refusal ends the client, a lack of resources is thrown.
    mutating func connect(to plan: LoadPlan, poller: borrowing Poller, now: ContinuousClock.Instant) throws(SystemError)
    {
        begun = now
        client.connectBegan()
        do {
            let socket = try plan.endpoint.address.connect(receiveBuffer: neverReads ? 4096 : plan.receiveBuffer)
            self.socket = socket
            interest = .write
            try poller.add(socket, index: index, interest: interest)
        } catch {
            guard error.call == "connect" else { throw error }
            client.lost(.error(error.code))
        }
    }

    /// Takes the end of a connect.
    mutating func finishConnect(_ script: ClientScript) {
        guard let socket, client.phase == .connecting else { return }
        switch socket.takeError() {
        case 0: client.connected(script)
        case let code: client.lost(.error(code))
        }
    }

    /// Reads once, through `buffer`.
    mutating func read(through buffer: inout [UInt8], script: ClientScript) {
        guard let socket, client.phase != .connecting else { return }
        switch socket.read(into: &buffer) {
        case .bytes(let count): client.receive(buffer.span.extracting(first: count), script: script)
        case .wouldBlock: break
        case .endOfStream: client.lost(.endOfStream)
        case .failed(let code): client.lost(.error(code))
        }
    }

    /// Sends what the client has to say, closes the socket of one that has ended, and tells epoll what to wait for.
    mutating func settle(_ poller: borrowing Poller) throws(SystemError) {
        guard let socket else { return }
        flush(socket)
        guard !client.hasEnded else {
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
        if client.phase == .connecting { return .write }
        var wanted: Poller.Interest = neverReads && isOpen && !client.isDraining ? .peerClosed : .read
        if !client.output.isEmpty { wanted.insert(.write) }
        return wanted
    }

    private mutating func flush(_ socket: Socket) {
        guard client.phase != .connecting, !client.output.isEmpty else { return }
        switch socket.write(client.output) {
        case .wrote(let count): client.output.removeFirst(count)
        case .wouldBlock: break
        // The reading side tells how the connection ended, a close frame before the error included.
        case .failed: client.output.removeAll()
        }
    }
}
