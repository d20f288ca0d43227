import Glibc

/// A plain server to measure others against: epoll, TCP_NODELAY, and one `send` for each client and event.
///
/// It has one thread, no batching, and no queue but for the rest of a frame that was cut. Clients need not subscribe:
/// every client with an open WebSocket gets all events from then on.
struct FloorServer: ~Copyable {
    /// What the server did, for its last message.
    struct Outcome {
        var events: UInt64 = 0
        var sends: UInt64 = 0
        var bytes: UInt64 = 0
        var accepted = 0
        /// Clients that were closed because more than `mostWaiting` bytes waited for them.
        var dropped = 0
        var processor = CPUTime(user: .zero, system: .zero)
    }

    private struct Client {
        var served: ServedSocket
        var interest = Poller.Interest.read
    }

    /// How many bytes may wait for a client that doesn't read.
    private static let mostWaiting = 1 << 20
    private static let mostClients = 200_000

    /// The port it listens on.
    let port: UInt16
    private let listener: Socket
    private let plan: FloorPlan
    private var poller: Poller
    private var clients: [Client?] = []
    private var free: [Int] = []
    private var open = 0
    private var buffer = [UInt8](repeating: 0, count: 16384)
    private var outcome = Outcome()
    private var began: ContinuousClock.Instant?
    private var acknowledged: UInt64?

    /// Starts to listen.
    init(_ plan: FloorPlan) throws(SystemError) {
        let poller = try Poller()
        let listener = try plan.listen.listen()
        try poller.add(listener, index: 0, interest: .read)
        self.plan = plan
        self.listener = listener
        self.poller = poller
        port = listener.localPort
    }

    /// Serves until its time is up or a signal comes.
    mutating func serve() throws(SystemError) -> Outcome {
        let end = ContinuousClock.now + plan.duration
        let before = CPUTime.now()
        while !Interruption.happened {
            let now = ContinuousClock.now
            if now >= end { break }
            try produce(now)
            for position in 0..<(try poller.wait(milliseconds: waitMilliseconds(now))) {
                let event = poller[position]
                if event.index == 0 { try accept() } else { try handle(event) }
            }
        }
        for client in clients { client?.served.socket.close() }
        listener.close()
        outcome.processor = CPUTime.now().since(before)
        return outcome
    }

    private func waitMilliseconds(_ now: ContinuousClock.Instant) -> Int32 {
        switch plan.pace {
        case .inFlight: 50
        case .bursts(_, let interval): hasBegun && open > 0 ? max(1, min(20, Int32(interval / .milliseconds(1)))) : 50
        }
    }

    private var hasBegun: Bool { !plan.isHeld || acknowledged != nil }

    private mutating func produce(_ now: ContinuousClock.Instant) throws(SystemError) {
        guard hasBegun, open > 0 else { return }
        let start = began ?? now
        began = start
        let due = plan.pace.due(elapsed: now - start, made: outcome.events, complete: acknowledged ?? 0)
        for _ in 0..<due { try broadcast() }
    }

    private mutating func broadcast() throws(SystemError) {
        outcome.events += 1
        var frame: [UInt8] = []
        FloorEvent.append(number: outcome.events, size: plan.size, time: WallClock.microseconds(), to: &frame)
        for index in clients.indices {
            guard let client = clients[index], client.served.isOpen else { continue }
            try send(frame.span, to: index, client.served.socket, waiting: client.served.output.count)
        }
    }

    private mutating func send(_ frame: Span<UInt8>, to index: Int, _ socket: Socket, waiting: Int) throws(SystemError)
    {
        outcome.sends += 1
        outcome.bytes += UInt64(frame.count)
        var sent = 0
        if waiting == 0 {
            switch socket.write(frame) {
            case .wrote(let count): sent = count
            case .wouldBlock: break
            case .failed: return remove(index)
            }
        }
        guard sent < frame.count else { return }
        guard waiting <= Self.mostWaiting else {
            outcome.dropped += 1
            return remove(index)
        }
        unsafe frame.extracting(droppingFirst: sent).withUnsafeBufferPointer {
            unsafe clients[index]?.served.output.append(contentsOf: $0)
        }
        try watch(index)
    }

    private mutating func accept() throws(SystemError) {
        while let socket = try listener.accept() {
            guard open < Self.mostClients else {
                socket.close()
                continue
            }
            socket.set(Int32(IPPROTO_TCP), TCP_NODELAY, 1)
            let index = free.popLast() ?? clients.count
            if index == clients.count { clients.append(nil) }
            clients[index] = Client(served: ServedSocket(socket))
            outcome.accepted += 1
            open += 1
            try poller.add(socket, index: index + 1, interest: .read)
        }
    }

    private mutating func handle(_ event: Poller.Event) throws(SystemError) {
        let index = event.index - 1
        guard index < clients.count, clients[index] != nil else { return }
        if event.isReadable {
            for message in clients[index]?.served.read(through: &buffer) ?? [] { take(message, from: index) }
        }
        guard clients[index]?.served.flush() == true, clients[index]?.served.isGone == false else {
            return remove(index)
        }
        try watch(index)
    }

    private mutating func take(_ message: ServedSocket.Message, from index: Int) {
        switch message {
        case .opened(let request):
            let name = request.subprotocols.first { $0 == ClientProtocol.plain.subprotocol }
            clients[index]?.served.accept(request, subprotocol: name)
        case .pong(let payload):
            // The closed loop: this many events have reached all readers.
            guard let count = IntegerText.parse(payload.span), count >= 0 else { return }
            acknowledged = max(acknowledged ?? 0, UInt64(count))
        case .text, .gone: break
        }
    }

    private mutating func watch(_ index: Int) throws(SystemError) {
        guard let client = clients[index] else { return }
        let wanted: Poller.Interest = client.served.output.isEmpty ? .read : [.read, .write]
        guard wanted != client.interest else { return }
        clients[index]?.interest = wanted
        try poller.change(client.served.socket, index: index + 1, interest: wanted)
    }

    private mutating func remove(_ index: Int) {
        guard let client = clients[index] else { return }
        client.served.socket.close()
        clients[index] = nil
        free.append(index)
        open -= 1
    }
}
