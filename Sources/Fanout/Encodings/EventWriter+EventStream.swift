/// Server-sent events (HTML living standard, section 9.2): each is made once for all readers.
///
/// Events of a topic have no event name, so that `onmessage` of a browser's `EventSource` gets them. Gaps, states and
/// errors are named by their type. A reader that comes back sends the last `id` as `Last-Event-ID`.
extension EventWriter {
    /// `id`, then `data` with the frame of `fanout.v1.json`, or with the bare payload.
    func streamEvents(of segment: Segment, bare: Bool) -> ReadyBytes {
        switch segment.content {
        case .events(let first, let batch):
            let start = Array("data: ".utf8) + (bare ? [] : head("event"))
            return ReadyBytes(batch, overhead: start.count + 64) { index, payload, bytes in
                let sequence = first + UInt64(index)
                bytes += idLine(sequence)
                bytes += start
                if !bare { bytes += "\(sequence),\"payload\":".utf8 }
                Self.appendLine(payload, to: &bytes)
                if !bare { bytes.append(UInt8(ascii: "}")) }
                bytes += "\n\n".utf8
            }
        case .gap(let after, let reason):
            return ReadyBytes(streamGap(after: after, reason: reason))
        case .status(let status):
            return ReadyBytes(streamStatus(status))
        case .refused(let errors):
            return ReadyBytes(streamError(errors))
        }
    }

    /// `next` events of GraphQL over SSE in distinct connections mode; gaps and states aren't written.
    func nextEvents(of segment: Segment) -> ReadyBytes {
        guard case .events(_, let batch) = segment.content else { return ReadyBytes() }
        return ReadyBytes(batch, overhead: 32) { _, payload, bytes in bytes += GraphQLEvents.next(payload) }
    }

    /// An `id` alone: a reader that comes back resumes after this event.
    ///
    /// Browsers dispatch no event for it.
    package func streamPosition(_ sequence: UInt64) -> [UInt8] { idLine(sequence) + [UInt8(ascii: "\n")] }

    package func streamStatus(_ status: TopicStatus) -> [UInt8] { named("status", statusMessage(status)) }

    package func streamError(_ errors: [UInt8]) -> [UInt8] { named("error", errorMessage(errors)) }

    package func streamGap(after sequence: UInt64, reason: String) -> [UInt8] {
        idLine(sequence) + named("gap", gapMessage(after: sequence, reason: reason))
    }

    private func named(_ name: String, _ message: [UInt8]) -> [UInt8] {
        var event = Array("event: \(name)\ndata: ".utf8)
        Self.appendLine(message, to: &event)
        return event + Array("\n\n".utf8)
    }

    private func idLine(_ sequence: UInt64) -> [UInt8] { Array("id: \(epochText):\(sequence)\n".utf8) }

    /// Appends JSON on one line: a line end would end the field.
    ///
    /// In JSON it is white space, since strings can't contain one.
    package static func appendLine(_ json: some Collection<UInt8>, to output: inout [UInt8]) {
        let start = output.count
        output += json
        for index in start..<output.count where output[index] == 0x0A || output[index] == 0x0D {
            output[index] = 0x20
        }
    }
}
