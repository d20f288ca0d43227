/// A client with resume tokens without its socket: received bytes in, bytes to send and a judgement out.
///
/// It outlives its connections: a new one goes on after the last token.
struct ChaosClient {
    /// How far the present connection has come.
    enum Phase: Equatable {
        case absent
        case connecting
        case handshaking(Handshake)
        case acknowledging
        case subscribed
    }

    private(set) var phase = Phase.absent
    private(set) var judge = ClientJudge()
    /// When the newest event came.
    private(set) var lastEvent: ContinuousClock.Instant?
    /// The longest time between two events since it was last taken.
    private(set) var longest = Duration.zero
    /// Failures of connections since the last event, which make the waits longer.
    private(set) var failures = 0
    /// Connections that broke.
    private(set) var breaks: UInt64 = 0
    /// Bytes to send; the caller removes what it has sent.
    var output: [UInt8] = []

    private var parser = FrameParser()
    private var writer: FrameWriter
    private var head: [UInt8] = []
    private var token: [UInt8] = []
    private var epochLength = 0

    private let script: ChaosScript

    init(index: Int, script: ChaosScript) {
        self.script = script
        writer = FrameWriter(seed: UInt32(truncatingIfNeeded: index &* 2_654_435_761 &+ 12345))
    }

    /// Notes that a connect has begun.
    mutating func connectBegan() { phase = .connecting }

    /// Notes that the connect has succeeded, and sends the opening request.
    mutating func connected(host: String, target: String) {
        let key = Base64.encode((0..<16).map { _ in UInt8.random(in: .min ... .max) })
        let handshake = Handshake(key: key, subprotocol: ClientProtocol.graphql.subprotocol)
        output = handshake.request(host: host, target: target, headers: [])
        phase = .handshaking(handshake)
        parser = FrameParser()
        head.removeAll(keepingCapacity: true)
    }

    /// Notes that the connection is gone.
    mutating func lost() {
        guard phase != .absent else { return }
        // What is refused is tried again, and has brought nothing that could break.
        if phase == .subscribed { breaks &+= 1 }
        leave()
        failures += 1
    }

    /// Notes that the connection is closed by choice.
    mutating func leave() {
        phase = .absent
        output.removeAll()
    }

    /// Forgets how long it waited for events, with the next window.
    mutating func takeLongest() -> Duration {
        defer { longest = .zero }
        return longest
    }

    /// Takes received bytes; false where the connection is to be given up.
    mutating func receive(_ chunk: Span<UInt8>, memo: inout RecentEvents, now: ContinuousClock.Instant) -> Bool {
        var position = 0
        if case .handshaking(let handshake) = phase {
            while !head.suffix(4).elementsEqual("\r\n\r\n".utf8) {
                guard position < chunk.count else { return true }
                guard head.count < Handshake.maximumHead else { return false }
                head.append(chunk[position])
                position += 1
            }
            guard handshake.judge(head) == .accepted else { return false }
            send(#"{"type":"connection_init","payload":{"relay":{"tokens":true}}}"#)
            phase = .acknowledging
        }
        while true {
            switch parser.step(in: chunk, at: &position) {
            case .needsMore: return true
            case .violation: return false
            case .frame(let frame):
                switch frame.place {
                case .chunk(let range):
                    guard take(frame.kind, chunk.extracting(range), &memo, now) else { return false }
                case .held:
                    var held = parser.takeHeld(frame.kind)
                    let goesOn = take(frame.kind, held.span, &memo, now)
                    parser.reuse(&held, for: frame.kind)
                    guard goesOn else { return false }
                }
            }
        }
    }

    private mutating func take(
        _ kind: Frame.Kind,
        _ payload: Span<UInt8>,
        _ memo: inout RecentEvents,
        _ now: ContinuousClock.Instant
    ) -> Bool {
        switch kind {
        case .text, .binary: return take(payload, &memo, now)
        case .ping:
            if output.count < 65536 { writer.append(.pong, payload, to: &output) }
            return true
        case .pong: return true
        case .close: return false
        }
    }

    private mutating func take(
        _ text: Span<UInt8>,
        _ memo: inout RecentEvents,
        _ now: ContinuousClock.Instant
    ) -> Bool {
        if let event = memo.event(judge.next, with: text), let number = event.number, let token = event.epoch {
            note(number, text.extracting(token), now)
            return true
        }
        switch Envelope(text, wanted: [.type]).kind {
        case .next:
            let frame = TokenFrame(text, script.number)
            if let number = frame.number, let token = frame.token {
                memo.add(ParsedEvent(number: number, epoch: token), with: text)
                note(number, text.extracting(token), now)
            } else if let token = frame.token {
                place(text.extracting(token), tellsGap: frame.tellsGap)
            }
            return true
        case .connectionAck:
            subscribe()
            return true
        case .ping:
            if output.count < 65536 { send(#"{"type":"pong"}"#) }
            return true
        case .error, .complete: return false
        default: return true
        }
    }

    private mutating func subscribe() {
        guard phase == .acknowledging else { return }
        phase = .subscribed
        send(script.request(after: token))
    }

    /// Records an event.
    private mutating func note(_ number: Int64, _ token: Span<UInt8>, _ now: ContinuousClock.Instant) {
        if let lastEvent { longest = max(longest, now - lastEvent) }
        lastEvent = now
        failures = 0
        guard let (colon, sequence) = TokenFrame.sequence(of: token) else { return }
        judge.event(number, sequence: sequence, isEpochNew: isNew(token, colon))
        keep(token, colon)
    }

    /// Records a payload without an event: where the operation begins, or a gap.
    private mutating func place(_ token: Span<UInt8>, tellsGap: Bool) {
        guard let (colon, sequence) = TokenFrame.sequence(of: token) else { return }
        // A place alone says nothing new to a client that has come back: the next event must follow its last one.
        guard tellsGap || self.token.isEmpty else { return }
        if tellsGap { judge.gap(after: sequence, isEpochNew: isNew(token, colon)) }
        keep(token, colon)
    }

    private func isNew(_ token: Span<UInt8>, _ colon: Int) -> Bool {
        guard !self.token.isEmpty else { return false }
        return epochLength != colon || !token.extracting(first: colon).equals(self.token.span.extracting(first: colon))
    }

    private mutating func keep(_ token: Span<UInt8>, _ colon: Int) {
        epochLength = colon
        self.token.removeAll(keepingCapacity: true)
        for index in token.indices.prefix(200) { self.token.append(token[index]) }
    }

    private mutating func send(_ text: String) {
        writer.append(.text, Array(text.utf8).span, to: &output)
    }
}
