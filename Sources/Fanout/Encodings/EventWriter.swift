internal import GraphQLTransport
internal import Wire

/// Writes the shared encodings: JSON frames of `fanout.v1.json`, bare payloads, both as server-sent events, and the
/// results of GraphQL over SSE.
package struct EventWriter {
    private let topic: [UInt8]
    private let epoch: [UInt8]
    /// The epoch without JSON quoting, for tokens.
    package let epochText: String

    package init(topic: String, epoch: String) {
        epochText = epoch
        self.topic = JSONString.encode(topic)
        self.epoch = JSONString.encode(epoch)
    }

    /// Whole frames of a segment in a shared encoding.
    package func frames(of segment: Segment, as encoding: Encoding) -> ReadyBytes {
        switch encoding {
        case .event: events(of: segment)
        case .payload: payloads(of: segment)
        case .eventStream: streamEvents(of: segment, bare: false)
        case .payloadStream: streamEvents(of: segment, bare: true)
        case .graphQLStream: nextEvents(of: segment)
        case .graphQL, .resumable: preconditionFailure("a GraphQL frame carries its subscriber's id")
        }
    }

    /// `{"type":"event","topic":…,"epoch":…,"sequence":…,"payload":…}`, and the messages `gap`, `status` and `error`.
    func events(of segment: Segment) -> ReadyBytes {
        switch segment.content {
        case .events(let first, let batch):
            let start = head("event")
            return ReadyBytes(batch, overhead: 96 + topic.count + epoch.count) { index, payload, bytes in
                let number = String(first + UInt64(index)).utf8
                FrameHead.append(.text, payload: start.count + number.count + 11 + payload.count + 1, to: &bytes)
                bytes += start
                bytes += number
                bytes += #","payload":"#.utf8
                bytes += payload
                bytes.append(UInt8(ascii: "}"))
            }
        case .gap(let after, let reason):
            return ReadyBytes(FrameHead.frame(.text, gapMessage(after: after, reason: reason)))
        case .status(let status):
            return ReadyBytes(FrameHead.frame(.text, statusMessage(status)))
        case .refused(let errors):
            return ReadyBytes(FrameHead.frame(.text, errorMessage(errors)))
        }
    }

    /// Bare payloads; gaps and states have no frame here.
    func payloads(of segment: Segment) -> ReadyBytes {
        guard case .events(_, let batch) = segment.content else { return ReadyBytes() }
        return ReadyBytes(batch, overhead: FrameHead.maximumUnmaskedSize) { _, payload, bytes in
            FrameHead.append(.text, payload: payload.count, to: &bytes)
            bytes += payload
        }
    }

    /// The whole text of a `status` message.
    package func statusMessage(_ status: TopicStatus) -> [UInt8] {
        Array(#"{"type":"status","topic":"#.utf8) + topic + Array(#","upstream":"\#(status.rawValue)"}"#.utf8)
    }

    /// The whole text of a `gap` message.
    package func gapMessage(after sequence: UInt64, reason: String) -> [UInt8] {
        head("gap") + Array("\(sequence),\"reason\":".utf8) + JSONString.encode(reason) + [UInt8(ascii: "}")]
    }

    /// The whole text of an `error` message.
    package func errorMessage(_ errors: [UInt8]) -> [UInt8] {
        Array(#"{"type":"error","topic":"#.utf8) + topic + Array(#","errors":"#.utf8) + errors + [UInt8(ascii: "}")]
    }

    /// The beginning of a message, up to its sequence number.
    package func head(_ type: String) -> [UInt8] {
        Array(#"{"type":"\#(type)","topic":"#.utf8) + topic + Array(#","epoch":"#.utf8) + epoch
            + Array(#","sequence":"#.utf8)
    }
}
