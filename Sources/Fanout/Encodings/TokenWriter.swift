internal import GraphQLTransport

/// Writes payloads for GraphQL clients that asked for resume tokens: `extensions.relay` holds the event's token.
package struct TokenWriter {
    /// A token up to its number, with the opening quote: `"EPOCH:`.
    private let head: [UInt8]

    package init(epoch: String) {
        head = JSONString.encode(epoch).dropLast() + [UInt8(ascii: ":")]
    }

    /// The payloads of a segment with their tokens; a gap is a payload too, and statuses have none.
    func payloads(of segment: Segment) -> ReadyBytes {
        switch segment.content {
        case .events(let first, let batch):
            ReadyBytes(batch, overhead: head.count + 64) { index, payload, bytes in
                let place = place(first + UInt64(index))
                ResultExtension.append(payload.span, setting: "relay", to: place, into: &bytes)
            }
        case .gap(let after, let reason): ReadyBytes(gap(after: after, until: after, reason: reason))
        case .status, .refused: ReadyBytes()
        }
    }

    /// The first payload of an operation: the token of the last event before it.
    ///
    /// - Parameter head: What a relay behind this one has to know of the history that follows.
    package func opening(at sequence: UInt64, _ head: HistoryHead? = nil) -> [UInt8] {
        payload(place(sequence).dropLast() + text(of: head) + [UInt8(ascii: "}")])
    }

    /// The payload for a gap: events may be missing after one number and, if `last` is given, up to that number.
    package func gap(
        after sequence: UInt64,
        until last: UInt64,
        reason: String,
        _ head: HistoryHead? = nil
    ) -> [UInt8] {
        let gap = Array(#","gap":{"after":"#.utf8) + token(sequence) + Array(#","reason":"#.utf8)
        return payload(
            place(last).dropLast() + gap + JSONString.encode(reason) + Array("}".utf8) + text(of: head)
                + Array("}".utf8)
        )
    }

    private func text(of head: HistoryHead?) -> [UInt8] {
        guard let head else { return [] }
        let newest = Array(#","newest":"#.utf8) + token(head.newest)
        return newest + (head.hasGapBefore ? Array(#","gapBefore":true"#.utf8) : [])
    }

    /// `{"token":"EPOCH:SEQUENCE"}`.
    private func place(_ sequence: UInt64) -> [UInt8] {
        Array(#"{"token":"#.utf8) + token(sequence) + [UInt8(ascii: "}")]
    }

    private func token(_ sequence: UInt64) -> [UInt8] { head + Array("\(sequence)\"".utf8) }

    /// A payload without a result.
    private func payload(_ relay: [UInt8]) -> [UInt8] {
        Array(#"{"data":null,"extensions":{"relay":"#.utf8) + relay + Array("}}".utf8)
    }
}

/// What is told of the events that a subscriber gets first, and that happened before it came.
package struct HistoryHead {
    /// The number of the newest of them.
    package let newest: UInt64
    /// Whether events may be missing right before the first one.
    package let hasGapBefore: Bool
}
