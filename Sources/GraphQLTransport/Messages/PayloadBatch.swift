/// Payloads of one subscription that arrived together, oldest first.
///
/// A payload is the raw JSON of an ExecutionResult: `{"data":…}`, perhaps with `errors` and `extensions`. It was
/// validated when it arrived, and is never decoded by the session. A batch has at least one payload, and at most what
/// the session's `subscriptionBuffer` allows, or a single payload that is larger.
public struct PayloadBatch: Sendable, RandomAccessCollection {
    /// The payloads, one after the other.
    public private(set) var bytes: [UInt8] = []
    /// Where each payload ends in `bytes`.
    public private(set) var ends: [Int] = []
    /// How many older payloads were dropped before the first one, because they weren't read in time.
    ///
    /// More than 0 means a gap in the stream, right before this batch.
    public package(set) var dropped = 0

    /// When the first payload arrived, on the session's clock; nil where nobody noted it.
    package var arrival: Duration?

    package init() {}

    /// A batch of payloads that stand one after the other, each up to its end.
    package init(bytes: [UInt8], ends: [Int], dropped: Int) {
        self.bytes = bytes
        self.ends = ends
        self.dropped = dropped
    }

    /// A batch of one payload.
    package init(payload: [UInt8]) {
        bytes = payload
        ends = [payload.count]
    }

    /// Always 0.
    public var startIndex: Int { 0 }
    /// The number of payloads.
    public var endIndex: Int { ends.count }

    /// A payload, JSON in UTF-8; the position must be one of `indices`.
    public subscript(position: Int) -> ArraySlice<UInt8> {
        bytes[(position == 0 ? 0 : ends[position - 1])..<ends[position]]
    }

    package mutating func append(_ payload: Span<UInt8>) {
        bytes.append(payload)
        ends.append(bytes.count)
    }
}
