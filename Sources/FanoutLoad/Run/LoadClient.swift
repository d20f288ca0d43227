/// A subscriber without its socket: received bytes in, bytes to send and counts out.
struct LoadClient {
    /// How far the client has come.
    enum Phase: Equatable {
        case waiting
        case connecting
        case handshaking(Handshake)
        /// Waits for `connection_ack`.
        case acknowledging
        case subscribed
        case ended(Ending)
    }

    /// What one client received.
    struct Counts {
        var bytes: UInt64 = 0
        var deliveries: UInt64 = 0
        /// Deliveries without a number to check.
        var unnumbered: UInt64 = 0
        /// Text frames whose type could not be read.
        var unreadable: UInt64 = 0
        /// GraphQL messages for an id this client never used.
        var misaddressed: UInt64 = 0
        var operationErrors: UInt64 = 0
        var completions: UInt64 = 0
    }

    var phase = Phase.waiting
    var counts = Counts()
    var tracker = SequenceTracker()
    var pings = PingLedger()
    /// Whether the subscription was ever sent.
    var wasOpened = false
    /// The first GraphQL error's frame, cut to 200 bytes.
    var errorText: [UInt8] = []
    /// Bytes to send; the caller removes what it has sent.
    var output: [UInt8] = []
    /// Whether the run is over, and only pongs and close frames matter.
    var isDraining = false

    var parser = FrameParser()
    var events = EventStreamParser(isChunked: false)
    var writer: FrameWriter
    var head: [UInt8] = []
    var isEventStream = false
    var operationID: [UInt8] = []

    private let index: Int

    /// A client that hasn't started; its masks, and its token, depend on its index among all.
    init(index: Int) {
        self.index = index
        writer = FrameWriter(seed: UInt32(truncatingIfNeeded: index &* 2_654_435_761 &+ 12345))
    }

    /// Notes that the connect has begun.
    mutating func connectBegan() {
        phase = .connecting
    }

    /// Notes that the connect has succeeded, and sends the opening request.
    mutating func connected(_ script: ClientScript) {
        let handshake = script.handshake()
        output += script.request(handshake, of: index)
        phase = .handshaking(handshake)
    }

    /// Takes received bytes.
    mutating func receive(_ chunk: Span<UInt8>, script: ClientScript, into measurements: inout Measurements) {
        counts.bytes &+= UInt64(chunk.count)
        var position = 0
        if case .handshaking(let handshake) = phase {
            guard readHead(chunk, &position, handshake, script) else { return }
            opened(script)
        }
        if script.clientProtocol == .sse { return readEvents(chunk, &position, script, &measurements) }
        while !hasEnded {
            switch parser.step(in: chunk, at: &position) {
            case .needsMore:
                return
            case .violation(let violation):
                leave(because: violation)
            case .frame(let frame):
                switch frame.place {
                case .chunk(let range):
                    take(frame.kind, chunk.extracting(range), script, &measurements)
                case .held:
                    var held = parser.takeHeld(frame.kind)
                    take(frame.kind, held.span, script, &measurements)
                    parser.reuse(&held, for: frame.kind)
                }
            }
        }
    }

    /// Notes that the server has left, or the connect has failed.
    mutating func lost(_ departure: Ending.Departure) {
        guard !hasEnded else { return }
        switch (phase, departure) {
        case (.subscribed, _): phase = .ended(.closed(departure))
        case (.connecting, .error(let code)): phase = .ended(.refused(.connect(code)))
        default: phase = .ended(.refused(.early(departure)))
        }
    }

    /// Notes that the connection can't be made safe.
    mutating func refusedByTLS(_ words: String) {
        if !hasEnded { phase = .ended(.refused(.tls(words))) }
    }

    /// Notes that the connection took too long to open.
    mutating func timedOut() {
        if !hasEnded { phase = .ended(.refused(.timeout)) }
    }

    /// Leaves at the end of the run, with a close frame where there is a WebSocket.
    mutating func leave() {
        switch phase {
        case .acknowledging, .subscribed: if !isEventStream { close(1000) }
        case .waiting, .connecting, .handshaking, .ended: break
        }
        if !hasEnded { phase = .ended(.left) }
    }

    /// Sends a ping, unless the last one still waits for its pong.
    mutating func ping() {
        guard phase == .subscribed, !isEventStream, !pings.isWaiting else { return }
        writer.append(.ping, pings.next().span, to: &output)
    }

    /// Tells the server how many events have reached every reader, in an unsolicited pong (RFC 6455 section 5.5.3).
    mutating func acknowledge(_ count: UInt64) {
        guard phase == .subscribed, !isEventStream else { return }
        writer.append(.pong, Array(String(count).utf8).span, to: &output)
    }

    /// Whether the client has ended.
    var hasEnded: Bool {
        if case .ended = phase { true } else { false }
    }
}
