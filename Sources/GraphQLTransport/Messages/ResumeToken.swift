/// Names an event of a relay, so that a subscription can go on after it: `EPOCH:SEQUENCE`.
///
/// A relay numbers the events of each topic. It hands tokens out to clients that ask for them, and all relays behind it
/// know the same ones.
public struct ResumeToken: Sendable, Hashable {
    /// Tells the numbers of one run of a topic from those of others, which can't be compared.
    public let epoch: String
    /// The event's number; events of an epoch are numbered from 1 on without holes, and 0 is before the first.
    public let sequence: UInt64

    package init(epoch: String, sequence: UInt64) {
        self.epoch = epoch
        self.sequence = sequence
    }

    /// Reads a token; nil when the text isn't one: over 100 bytes, or without a number after its last colon.
    public init?(_ text: String) {
        guard text.utf8.count <= 100, let colon = text.lastIndex(of: ":"),
            let sequence = UInt64(text[text.index(after: colon)...])
        else { return nil }
        epoch = String(text[..<colon])
        self.sequence = sequence
    }

    /// The token so many events further on.
    package func advanced(by count: Int) -> ResumeToken {
        ResumeToken(epoch: epoch, sequence: sequence + UInt64(count))
    }
}

extension ResumeToken: LosslessStringConvertible {
    /// `EPOCH:SEQUENCE`.
    public var description: String { "\(epoch):\(sequence)" }
}
