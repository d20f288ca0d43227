internal import GraphQLSession
internal import GraphQLTransport

/// Payloads of one segment, each with its resume token, ready to go into the messages of any number of clients.
final class TokenPayloads {
    /// The payloads one after the other.
    fileprivate(set) var bytes: [UInt8] = []
    /// Where the payload of each position ends; equal to the one before where a position has none.
    fileprivate(set) var ends: [Int] = []

    /// Where a position's payload is in `bytes`.
    func range(of position: Int) -> Range<Int> { (position == 0 ? 0 : ends[position - 1])..<ends[position] }
}

/// Writes what GraphQL clients get that asked for tokens: payloads whose `extensions.relay` names the event.
struct TokenWriter {
    /// A token up to its number, with the quote in front: `"EPOCH:`.
    private let head: [UInt8]

    init(epoch: String) {
        head = JSONString.encode(epoch).dropLast() + [UInt8(ascii: ":")]
    }

    /// The payloads of a segment with their tokens; a gap is a payload of its own, states have none here.
    func payloads(of segment: Segment) -> TokenPayloads {
        let payloads = TokenPayloads()
        switch segment.content {
        case .events(let first, let batch):
            payloads.bytes.reserveCapacity(batch.bytes.count + batch.count * (head.count + 64))
            let source = batch.bytes.span
            var start = 0
            for (index, end) in batch.ends.enumerated() {
                ResultExtension.append(
                    source.extracting(start..<end),
                    setting: "relay",
                    to: place(first + UInt64(index)),
                    into: &payloads.bytes
                )
                payloads.ends.append(payloads.bytes.count)
                start = end
            }
        case .gap(let after, let reason):
            payloads.bytes = gap(after: after, until: after, reason: reason)
            payloads.ends = [payloads.bytes.count]
        case .status, .refused:
            payloads.ends = [0]
        }
        return payloads
    }

    /// The payload that begins an operation: the token of the last event before it.
    func opening(at sequence: UInt64) -> [UInt8] { payload(place(sequence)) }

    /// The payload that tells a gap: something may be missing after one event, and up to another if there is one.
    func gap(after sequence: UInt64, until last: UInt64, reason: String) -> [UInt8] {
        let gap = Array(#","gap":{"after":"#.utf8) + token(sequence) + Array(#","reason":"#.utf8)
        return payload(place(last).dropLast() + gap + JSONString.encode(reason) + Array("}}".utf8))
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
