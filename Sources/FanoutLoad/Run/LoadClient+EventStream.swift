extension LoadClient {
    /// Takes received bytes of a stream of server-sent events.
    mutating func readEvents(
        _ chunk: Span<UInt8>,
        _ position: inout Int,
        _ script: ClientScript,
        _ measurements: inout Measurements
    ) {
        while !hasEnded {
            switch events.step(in: chunk, at: &position) {
            case .needsMore: return
            case .end: lost(.endOfStream)
            case .malformed: lost(.brokenChunks)
            case .event:
                var event = events.takeEvent()
                if !isDraining { take(event, script, &measurements) }
                events.reuse(&event)
            }
        }
    }

    private mutating func take(
        _ event: borrowing ServerSentEvent,
        _ script: ClientScript,
        _ measurements: inout Measurements
    ) {
        let name = event.name.span
        if name.isEmpty || name.equals("message") || name.equals("event") || name.equals("next") {
            deliver(event, script, &measurements)
        } else if name.equals("gap") {
            tracker.noteGap()
        } else if name.equals("error") {
            noteError(event.data.span)
        } else if name.equals("complete") {
            counts.completions &+= 1
        }
    }

    private mutating func deliver(
        _ event: borrowing ServerSentEvent,
        _ script: ClientScript,
        _ measurements: inout Measurements
    ) {
        let id = event.id.span
        guard id.count > 0 else { return deliver(event.data.span, script, keptFrom: nil, &measurements) }
        counts.deliveries &+= 1
        measurements.noteDelivery(event.data.span, count: counts.deliveries)
        var colon = id.count
        while colon > 0, id[colon - 1] != UInt8(ascii: ":") { colon -= 1 }
        guard let number = IntegerText.parse(id.extracting(droppingFirst: colon)) else {
            counts.unnumbered &+= 1
            return
        }
        if colon > 0 { tracker.noteEpoch(id.extracting(first: colon - 1)) }
        tracker.record(number)
    }
}
