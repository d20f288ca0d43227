internal import GraphQLSession

/// Server-sent events (HTML living standard, section 9.2): each ready for any number of readers.
///
/// Events have no name, so that `onmessage` of a browser's `EventSource` gets them; gaps, states and errors are named
/// by their type. The `id` is what a reader comes back with in `Last-Event-ID`.
extension EventWriter {
    /// `id`, then `data` with the frame of `fanout.v1.json`, or with the bare payload.
    func streamEvents(of segment: Segment, bare: Bool) -> ReadyFrames {
        let frames = ReadyFrames()
        switch segment.content {
        case .events(let first, let batch):
            let start = Array("data: ".utf8) + (bare ? [] : head("event"))
            frames.bytes.reserveCapacity(batch.bytes.count + batch.count * (start.count + 64))
            for index in batch.indices {
                let sequence = first + UInt64(index)
                frames.bytes += idLine(sequence)
                frames.bytes += start
                if !bare { frames.bytes += "\(sequence),\"payload\":".utf8 }
                Self.appendLine(batch[index], to: &frames.bytes)
                if !bare { frames.bytes.append(UInt8(ascii: "}")) }
                frames.bytes += "\n\n".utf8
                frames.ends.append(frames.bytes.count)
            }
        case .gap(let after, let reason):
            frames.bytes = streamGap(after: after, reason: reason)
        case .status(let status):
            frames.bytes = streamStatus(status)
        case .refused(let errors):
            frames.bytes = streamError(errors)
        }
        if frames.ends.isEmpty { frames.ends = [frames.bytes.count] }
        return frames
    }

    /// `next` events of GraphQL over SSE in distinct connections mode; gaps and states have none.
    func nextEvents(of segment: Segment) -> ReadyFrames {
        let frames = ReadyFrames()
        guard case .events(_, let batch) = segment.content else {
            frames.ends = [0]
            return frames
        }
        for payload in batch {
            frames.bytes += GraphQLEvents.next(payload)
            frames.ends.append(frames.bytes.count)
        }
        return frames
    }

    /// Where a reader of the event of this number goes on; tells nothing by itself.
    func streamPosition(_ sequence: UInt64) -> [UInt8] { idLine(sequence) + [UInt8(ascii: "\n")] }

    func streamStatus(_ status: TopicStatus) -> [UInt8] { named("status", statusMessage(status)) }

    func streamError(_ errors: [UInt8]) -> [UInt8] { named("error", errorMessage(errors)) }

    func streamGap(after sequence: UInt64, reason: String) -> [UInt8] {
        idLine(sequence) + named("gap", gapMessage(after: sequence, reason: reason))
    }

    private func named(_ name: String, _ message: [UInt8]) -> [UInt8] {
        var event = Array("event: \(name)\ndata: ".utf8)
        Self.appendLine(message, to: &event)
        return event + Array("\n\n".utf8)
    }

    private func idLine(_ sequence: UInt64) -> [UInt8] { Array("id: \(epochText):\(sequence)\n".utf8) }

    /// JSON on one line: line ends are white space in it, since strings have none, and would end the field.
    static func appendLine(_ json: some Collection<UInt8>, to output: inout [UInt8]) {
        let start = output.count
        output += json
        for index in start..<output.count where output[index] == 0x0A || output[index] == 0x0D {
            output[index] = 0x20
        }
    }
}
