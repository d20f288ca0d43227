import Glibc

/// The tool's own GraphQL server, the upstream of a relay under test: it makes the events that the tool then measures.
///
/// It runs on the run's thread. So a closed loop needs no message from the relay, since the run knows what has arrived.
struct Upstream {
    /// The port it listens on.
    let port: UInt16
    /// How many events were made so far.
    private(set) var made: UInt64 = 0
    /// How often an event wasn't made because the relay hadn't read the ones before.
    private(set) var throttled: UInt64 = 0

    /// How many bytes may wait for a relay that doesn't read; above that no event is made.
    private static let mostWaiting = 8 << 20
    /// The most connections of the relay at a time.
    static let mostLinks = 64

    private let listener: Socket
    private let firstIndex: Int
    private let pace: Pace
    private let payload: EventPayload
    private let goesOnAlone: Bool
    private var links: [UpstreamLink?] = []
    private var began: ContinuousClock.Instant?
    private var scratch: [UInt8] = []

    /// Starts to listen; its sockets have indices from `firstIndex` on.
    init(_ plan: FeedPlan, firstIndex: Int, poller: borrowing Poller) throws(SystemError) {
        listener = try plan.listen.listen()
        port = listener.localPort
        pace = plan.pace
        payload = EventPayload(size: plan.size)
        goesOnAlone = plan.goesOnAlone
        self.firstIndex = firstIndex
        try poller.add(listener, index: firstIndex, interest: .read)
    }

    /// Whether the relay has subscribed.
    var isSubscribed: Bool { links.contains { $0?.isSubscribed == true } }

    /// Handles an event of one of its sockets.
    mutating func handle(_ event: Poller.Event, through buffer: inout [UInt8], poller: borrowing Poller)
        throws(SystemError)
    {
        guard event.index > firstIndex else { return try accept(poller) }
        let slot = event.index - firstIndex - 1
        guard slot < links.count, links[slot] != nil else { return }
        if event.isReadable { read(slot, through: &buffer) }
        try settle(slot, poller)
    }

    /// Makes the events that are due.
    mutating func produce(now: ContinuousClock.Instant, complete: UInt64, poller: borrowing Poller) throws(SystemError)
    {
        guard isSubscribed || (goesOnAlone && began != nil) else { return }
        let start = began ?? now
        began = start
        let due = pace.due(elapsed: now - start, made: made, complete: complete)
        guard due > 0 else { return }
        if links.contains(where: { ($0?.served.output.count ?? 0) > Self.mostWaiting }) {
            throttled += 1
            return
        }
        let time = WallClock.microseconds()
        for _ in 0..<due {
            made += 1
            scratch.removeAll(keepingCapacity: true)
            payload.append(made, at: time, to: &scratch)
            for slot in links.indices { links[slot]?.send(scratch) }
        }
        for slot in links.indices { try settle(slot, poller) }
    }

    /// Closes everything.
    func close() {
        for link in links { link?.served.socket.close() }
        listener.close()
    }

    private mutating func accept(_ poller: borrowing Poller) throws(SystemError) {
        while let socket = try listener.accept() {
            socket.set(Int32(IPPROTO_TCP), TCP_NODELAY, 1)
            let slot = links.firstIndex { $0 == nil } ?? links.count
            guard slot < Self.mostLinks else {
                socket.close()
                continue
            }
            if slot == links.count { links.append(nil) }
            links[slot] = UpstreamLink(socket)
            try poller.add(socket, index: firstIndex + 1 + slot, interest: .read)
        }
    }

    private mutating func read(_ slot: Int, through buffer: inout [UInt8]) {
        links[slot]?.read(through: &buffer)
    }

    private mutating func settle(_ slot: Int, _ poller: borrowing Poller) throws(SystemError) {
        guard let isSent = links[slot]?.served.flush(), let link = links[slot] else { return }
        guard isSent, !link.served.isGone else {
            link.served.socket.close()
            links[slot] = nil
            return
        }
        let wanted: Poller.Interest = link.served.output.isEmpty ? .read : [.read, .write]
        guard wanted != link.interest else { return }
        links[slot]?.interest = wanted
        try poller.change(link.served.socket, index: firstIndex + 1 + slot, interest: wanted)
    }
}
