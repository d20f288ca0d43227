internal import GraphQLSession
internal import GraphQLTransport
internal import WebSockets

/// Whole frames, or server-sent events, of one segment, ready to be sent to any number of clients.
final class ReadyFrames {
    /// The frames one after the other.
    var bytes: [UInt8] = []
    /// Where the frame of each position ends; equal to the one before where a position has no frame.
    var ends: [Int] = []

    /// How many frames there are.
    var count: Int { bytes.isEmpty ? 0 : ends.count }
}

/// Writes the shared encodings: JSON frames of `fanout.v1.json`, bare payloads, both as server-sent events, and the
/// results of GraphQL over SSE.
struct EventWriter {
    private let topic: [UInt8]
    private let epoch: [UInt8]
    /// The epoch as it is, for tokens.
    let epochText: String

    init(topic: String, epoch: String) {
        epochText = epoch
        self.topic = JSONString.encode(topic)
        self.epoch = JSONString.encode(epoch)
    }

    /// Whole frames of a segment in a shared encoding.
    func frames(of segment: Segment, as encoding: Encoding) -> ReadyFrames {
        switch encoding {
        case .event: events(of: segment)
        case .payload: payloads(of: segment)
        case .eventStream: streamEvents(of: segment, bare: false)
        case .payloadStream: streamEvents(of: segment, bare: true)
        case .graphQLStream: nextEvents(of: segment)
        case .graphQL, .resumable: preconditionFailure("a GraphQL frame carries its subscriber's id")
        }
    }

    /// `{"type":"event","topic":…,"epoch":…,"sequence":…,"payload":…}`, and `gap` and `status` alike.
    func events(of segment: Segment) -> ReadyFrames {
        let frames = ReadyFrames()
        switch segment.content {
        case .events(let first, let batch):
            frames.bytes.reserveCapacity(batch.bytes.count + batch.count * (96 + topic.count + epoch.count))
            let start = head("event")
            for index in batch.indices {
                let payload = batch[index]
                let number = String(first + UInt64(index)).utf8
                let size = start.count + number.count + 11 + payload.count + 1
                FrameHead.append(.text, payload: size, to: &frames.bytes)
                frames.bytes += start
                frames.bytes += number
                frames.bytes += #","payload":"#.utf8
                frames.bytes += payload
                frames.bytes.append(UInt8(ascii: "}"))
                frames.ends.append(frames.bytes.count)
            }
        case .gap(let after, let reason):
            append(gapMessage(after: after, reason: reason).dropLast(), to: frames)
        case .status(let status):
            append(statusText(status), to: frames)
        case .refused(let errors):
            append(errorMessage(errors).dropLast(), to: frames)
        }
        return frames
    }

    /// Bare payloads; gaps and states have no frame here.
    func payloads(of segment: Segment) -> ReadyFrames {
        let frames = ReadyFrames()
        guard case .events(_, let batch) = segment.content else {
            frames.ends = [0]
            return frames
        }
        frames.bytes.reserveCapacity(batch.bytes.count + batch.count * FrameHead.maximumUnmaskedSize)
        for payload in batch {
            FrameHead.append(.text, payload: payload.count, to: &frames.bytes)
            frames.bytes += payload
            frames.ends.append(frames.bytes.count)
        }
        return frames
    }

    /// The whole text of a `status` message.
    func statusMessage(_ status: TopicStatus) -> [UInt8] { statusText(status) + [UInt8(ascii: "}")] }

    /// The whole text of a `gap` message.
    func gapMessage(after sequence: UInt64, reason: String) -> [UInt8] {
        head("gap") + Array("\(sequence),\"reason\":".utf8) + JSONString.encode(reason) + [UInt8(ascii: "}")]
    }

    /// The whole text of an `error` message.
    func errorMessage(_ errors: [UInt8]) -> [UInt8] {
        Array(#"{"type":"error","topic":"#.utf8) + topic + Array(#","errors":"#.utf8) + errors + [UInt8(ascii: "}")]
    }

    private func statusText(_ status: TopicStatus) -> [UInt8] {
        Array(#"{"type":"status","topic":"#.utf8) + topic + Array(#","upstream":"\#(status.rawValue)""#.utf8)
    }

    /// Everything up to the number.
    func head(_ type: String) -> [UInt8] {
        Array(#"{"type":"\#(type)","topic":"#.utf8) + topic + Array(#","epoch":"#.utf8) + epoch
            + Array(#","sequence":"#.utf8)
    }

    private func append(_ text: some Collection<UInt8>, to frames: ReadyFrames) {
        frames.bytes = FrameHead.frame(.text, Array(text) + [UInt8(ascii: "}")])
        frames.ends = [frames.bytes.count]
    }
}
