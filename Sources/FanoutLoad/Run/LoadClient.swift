/// One subscriber without its socket: bytes in, bytes to send and counts out.
struct LoadClient {
    /// How far a client has come.
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

    private(set) var phase = Phase.waiting
    private(set) var counts = Counts()
    private(set) var tracker = SequenceTracker()
    private(set) var pings = PingLedger()
    /// Whether the subscription was ever sent.
    private(set) var wasOpened = false
    /// The first GraphQL error's frame, cut to 200 bytes.
    private(set) var errorText: [UInt8] = []
    /// Bytes to send; whoever sends some removes them.
    var output: [UInt8] = []
    /// Whether the run is over and only pongs and closes still matter.
    var isDraining = false

    private var parser = FrameParser()
    private var writer: FrameWriter
    private var head: [UInt8] = []
    private var operationID: [UInt8] = []

    /// A client that has not begun; its masks follow from `seed`.
    init(seed: UInt32) {
        writer = FrameWriter(seed: seed)
    }

    /// Notes that the connect has begun.
    mutating func connectBegan() {
        phase = .connecting
    }

    /// Notes that the connect has succeeded, and asks for the upgrade.
    mutating func connected(_ script: ClientScript) {
        let handshake = script.handshake()
        output += script.request(handshake)
        phase = .handshaking(handshake)
    }

    /// Takes received bytes.
    mutating func receive(_ chunk: Span<UInt8>, script: ClientScript) {
        counts.bytes &+= UInt64(chunk.count)
        var position = 0
        if case .handshaking(let handshake) = phase {
            guard readHead(chunk, &position, handshake) else { return }
            opened(script)
        }
        while !hasEnded {
            switch parser.step(in: chunk, at: &position) {
            case .needsMore:
                return
            case .violation(let violation):
                leave(because: violation)
            case .frame(let frame):
                switch frame.place {
                case .chunk(let range):
                    take(frame.kind, chunk.extracting(range), script)
                case .held:
                    var held = parser.takeHeld(frame.kind)
                    take(frame.kind, held.span, script)
                    parser.reuse(&held, for: frame.kind)
                }
            }
        }
    }

    /// Notes that the server is gone, or that the connect failed.
    mutating func lost(_ departure: Ending.Departure) {
        guard !hasEnded else { return }
        switch (phase, departure) {
        case (.subscribed, _): phase = .ended(.closed(departure))
        case (.connecting, .error(let code)): phase = .ended(.refused(.connect(code)))
        default: phase = .ended(.refused(.early(departure)))
        }
    }

    /// Notes that the connection took too long to open.
    mutating func timedOut() {
        if !hasEnded { phase = .ended(.refused(.timeout)) }
    }

    /// Leaves at the end of the run, with a close frame where there is a WebSocket.
    mutating func leave() {
        switch phase {
        case .acknowledging, .subscribed: close(1000)
        case .waiting, .connecting, .handshaking, .ended: break
        }
        if !hasEnded { phase = .ended(.left) }
    }

    /// Sends a ping unless the last one still waits for its pong.
    mutating func ping() {
        guard phase == .subscribed, !pings.isWaiting else { return }
        writer.append(.ping, pings.next().span, to: &output)
    }

    /// Whether nothing more will come of this client.
    var hasEnded: Bool {
        if case .ended = phase { true } else { false }
    }
}

extension LoadClient {
    /// Collects the answer's head; true once it is accepted, with `position` behind it.
    private mutating func readHead(_ chunk: Span<UInt8>, _ position: inout Int, _ handshake: Handshake) -> Bool {
        while position < chunk.count {
            head.append(chunk[position])
            position += 1
            if head.suffix(4).elementsEqual("\r\n\r\n".utf8) {
                let outcome = handshake.judge(head)
                head = []
                guard case .refused(let refusal) = outcome else { return true }
                phase = .ended(.refused(.handshake(refusal)))
                return false
            }
            guard head.count < Handshake.maximumHead else {
                phase = .ended(.refused(.handshake(.headTooLong)))
                return false
            }
        }
        return false
    }

    private mutating func opened(_ script: ClientScript) {
        switch script.clientProtocol {
        case .plain, .payload:
            phase = .subscribed
            wasOpened = true
        case .graphql:
            send("{\"type\":\"connection_init\"}")
            phase = .acknowledging
        }
    }

    private mutating func take(_ kind: Frame.Kind, _ payload: Span<UInt8>, _ script: ClientScript) {
        switch kind {
        case .text, .binary:
            guard !isDraining else { return }
            switch script.clientProtocol {
            case .plain: takePlain(payload)
            case .payload: deliver(payload, script)
            case .graphql: takeGraphQL(payload, script)
            }
        case .ping:
            // Bounded: a server that pings without ever reading gets no more pongs.
            if output.count < 65536 { writer.append(.pong, payload, to: &output) }
        case .pong:
            pings.receive(payload)
        case .close:
            takeClose(payload)
        }
    }

    private mutating func takePlain(_ frame: Span<UInt8>) {
        let envelope = Envelope(frame, wanted: [.type, .epoch, .sequence])
        switch envelope.kind {
        case .event:
            counts.deliveries &+= 1
            guard let sequence = envelope.sequence else {
                counts.unnumbered &+= 1
                return
            }
            if let epoch = envelope.epoch { tracker.noteEpoch(frame.extracting(epoch)) }
            tracker.record(sequence)
        case .gap:
            tracker.noteGap()
        case .error:
            noteError(frame)
        case .complete:
            counts.completions &+= 1
        case .status, .connectionAck, .next, .ping, .pong, .other:
            break
        case nil:
            counts.unreadable &+= 1
        }
    }

    private mutating func takeGraphQL(_ frame: Span<UInt8>, _ script: ClientScript) {
        let envelope = Envelope(frame, wanted: [.type, .id])
        switch envelope.kind {
        case .next where isMine(envelope.id, frame):
            deliver(frame, script)
        case .error where isMine(envelope.id, frame):
            noteError(frame)
        case .complete where isMine(envelope.id, frame):
            counts.completions &+= 1
        case .next, .error, .complete:
            counts.misaddressed &+= 1
        case .connectionAck:
            guard phase == .acknowledging else { return }
            let id = script.operationID()
            operationID = Array(id.utf8)
            writer.append(.text, script.subscribe(id: id).span, to: &output)
            phase = .subscribed
            wasOpened = true
        case .ping:
            if output.count < 65536 { send("{\"type\":\"pong\"}") }
        case .pong, .event, .gap, .status, .other:
            break
        case nil:
            counts.unreadable &+= 1
        }
    }

    private func isMine(_ id: Range<Int>?, _ frame: Span<UInt8>) -> Bool {
        guard let id, phase == .subscribed else { return false }
        return frame.extracting(id).equals(operationID)
    }

    private mutating func deliver(_ frame: Span<UInt8>, _ script: ClientScript) {
        counts.deliveries &+= 1
        guard let search = script.search else { return }
        if let number = search.first(in: frame) { tracker.record(number) } else { counts.unnumbered &+= 1 }
    }

    private mutating func noteError(_ frame: Span<UInt8>) {
        counts.operationErrors &+= 1
        guard errorText.isEmpty else { return }
        for index in 0..<min(frame.count, 200) { errorText.append(frame[index]) }
    }

    private mutating func takeClose(_ payload: Span<UInt8>) {
        guard payload.count > 0 else {
            close(1000)
            lost(.close(nil))
            return
        }
        guard payload.count >= 2 else { return leave(because: .badClose) }
        let code = UInt16(payload[0]) << 8 | UInt16(payload[1])
        switch code {
        case 1000...1003, 1007...1014, 3000...4999:
            close(code)
            lost(.close(code))
        default:
            leave(because: .badClose)
        }
    }

    private mutating func leave(because violation: FrameViolation) {
        close(1002)
        lost(.violation(violation))
    }

    private mutating func close(_ code: UInt16) {
        writer.append(.close, [UInt8(code >> 8), UInt8(truncatingIfNeeded: code)].span, to: &output)
    }

    private mutating func send(_ text: String) {
        writer.append(.text, Array(text.utf8).span, to: &output)
    }
}
