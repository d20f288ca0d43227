extension LoadClient {
    mutating func take(
        _ kind: Frame.Kind,
        _ payload: Span<UInt8>,
        _ script: ClientScript,
        _ measurements: inout Measurements
    ) {
        switch kind {
        case .text, .binary:
            guard !isDraining else { return }
            switch script.clientProtocol {
            case .plain: takePlain(payload, &measurements)
            case .payload: deliver(payload, script, &measurements)
            case .graphql: takeGraphQL(payload, script, &measurements)
            case .sse: break
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

    mutating func takePlain(_ frame: Span<UInt8>, _ measurements: inout Measurements) {
        let envelope = Envelope(frame, wanted: [.type, .epoch, .sequence])
        switch envelope.kind {
        case .event:
            counts.deliveries &+= 1
            measurements.noteDelivery(frame, count: counts.deliveries)
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
        case .status, .connectionInit, .connectionAck, .subscribe, .next, .ping, .pong, .other:
            break
        case nil:
            counts.unreadable &+= 1
        }
    }

    mutating func takeGraphQL(_ frame: Span<UInt8>, _ script: ClientScript, _ measurements: inout Measurements) {
        let envelope = Envelope(frame, wanted: [.type, .id])
        switch envelope.kind {
        case .next where isMine(envelope.id, frame):
            deliver(frame, script, &measurements)
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
        case .pong, .event, .gap, .status, .connectionInit, .subscribe, .other:
            break
        case nil:
            counts.unreadable &+= 1
        }
    }

    func isMine(_ id: Range<Int>?, _ frame: Span<UInt8>) -> Bool {
        guard let id, phase == .subscribed else { return false }
        return frame.extracting(id).equals(operationID)
    }

    mutating func deliver(_ frame: Span<UInt8>, _ script: ClientScript, _ measurements: inout Measurements) {
        counts.deliveries &+= 1
        measurements.noteDelivery(frame, count: counts.deliveries)
        guard let search = script.search else { return }
        if let number = search.first(in: frame) { tracker.record(number) } else { counts.unnumbered &+= 1 }
    }

    mutating func noteError(_ frame: Span<UInt8>) {
        counts.operationErrors &+= 1
        guard errorText.isEmpty else { return }
        for index in 0..<min(frame.count, 200) { errorText.append(frame[index]) }
    }

    mutating func takeClose(_ payload: Span<UInt8>) {
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

    mutating func leave(because violation: FrameViolation) {
        close(1002)
        lost(.violation(violation))
    }

    mutating func close(_ code: UInt16) {
        writer.append(.close, [UInt8(code >> 8), UInt8(truncatingIfNeeded: code)].span, to: &output)
    }

    mutating func send(_ text: String) {
        writer.append(.text, Array(text.utf8).span, to: &output)
    }
}
