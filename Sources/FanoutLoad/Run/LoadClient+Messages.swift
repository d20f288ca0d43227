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
            case .payload: takePayload(payload, script, &measurements)
            case .graphql: takeGraphQL(payload, script, &measurements)
            case .sse: break
            }
        case .ping:
            // Bounded, so that a server that pings without reading gets no more pongs.
            if output.count < 65536 { writer.append(.pong, payload, to: &output) }
        case .pong:
            pings.receive(payload)
        case .close:
            takeClose(payload)
        }
    }

    mutating func takePlain(_ frame: Span<UInt8>, _ measurements: inout Measurements) {
        if let event = measurements.recent.event(tracker.next, with: frame) {
            return deliver(event, frame, &measurements)
        }
        let envelope = Envelope(frame, wanted: [.type, .epoch, .sequence])
        switch envelope.kind {
        case .event:
            let time = measurements.latency.time(in: frame)
            let event = ParsedEvent(number: envelope.sequence, epoch: envelope.epoch, time: time)
            measurements.recent.add(event, with: frame)
            deliver(event, frame, &measurements)
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

    mutating func takePayload(_ frame: Span<UInt8>, _ script: ClientScript, _ measurements: inout Measurements) {
        if let event = measurements.recent.event(tracker.next, with: frame) {
            return deliver(event, frame, &measurements)
        }
        deliver(frame, script, keptFrom: 0, &measurements)
    }

    mutating func takeGraphQL(_ frame: Span<UInt8>, _ script: ClientScript, _ measurements: inout Measurements) {
        let ownID = leadingOwnID(frame)
        // A reader that expects a number is subscribed and has had an event.
        if let ownID, let event = measurements.recent.event(tracker.next, with: frame.extracting(ownID.upperBound...)) {
            return deliver(event, frame, &measurements)
        }
        let envelope = Envelope(frame, wanted: [.type, .id])
        switch envelope.kind {
        case .next where isMine(envelope.id, frame):
            // If the id comes first, the text after it is the same for every reader.
            deliver(frame, script, keptFrom: envelope.id == ownID ? ownID?.upperBound : nil, &measurements)
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

    /// The offsets of the reader's own id if the frame begins with it, as servers write it: `{"id":"…"`.
    private func leadingOwnID(_ frame: Span<UInt8>) -> Range<Int>? {
        let start = 7
        let end = start + operationID.count
        guard frame.count > end, frame[end] == UInt8(ascii: "\""), frame.extracting(first: start).equals("{\"id\":\""),
            frame.extracting(start..<end).equals(operationID)
        else { return nil }
        return start..<end
    }

    /// Handles an event with a number at a key; from an offset on, its text is the same for every reader.
    mutating func deliver(
        _ frame: Span<UInt8>,
        _ script: ClientScript,
        keptFrom start: Int?,
        _ measurements: inout Measurements
    ) {
        guard let search = script.search else {
            counts.deliveries &+= 1
            return measurements.noteDelivery(frame, count: counts.deliveries)
        }
        let event = ParsedEvent(number: search.first(in: frame), time: measurements.latency.time(in: frame))
        if let start { measurements.recent.add(event, with: frame.extracting(start...)) }
        deliver(event, frame, &measurements)
    }

    /// Counts an event that was parsed now, or earlier for another reader.
    mutating func deliver(_ event: ParsedEvent, _ frame: Span<UInt8>, _ measurements: inout Measurements) {
        counts.deliveries &+= 1
        measurements.noteDelivery(bytes: frame.count, time: event.time, count: counts.deliveries)
        guard let number = event.number else {
            counts.unnumbered &+= 1
            return
        }
        if let epoch = event.epoch { tracker.noteEpoch(frame.extracting(epoch)) }
        tracker.record(number)
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
