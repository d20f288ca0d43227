/// Payloads of one subscription that arrived together, oldest first.
///
/// A payload is the raw JSON of an ExecutionResult: `{"data":…}`, perhaps with `errors` and `extensions`. It was
/// validated when it arrived, and is never decoded by the session. A batch has at least one payload, and at most what
/// the session's `subscriptionBuffer` allows, or a single payload that is larger. Where a relay numbers the events a
/// batch may be empty: it tells where the operation begins, or of a gap.
public struct PayloadBatch: Sendable, RandomAccessCollection {
    /// The payloads, one after the other.
    public private(set) var bytes: [UInt8] = []
    /// Where each payload ends in `bytes`.
    public private(set) var ends: [Int] = []
    /// How many older payloads were dropped before the first one, because they weren't read in time.
    ///
    /// More than 0 means a gap in the stream, right before this batch.
    public package(set) var dropped = 0

    /// The token of the event before the first payload, where a relay numbers them; nil anywhere else.
    ///
    /// The payloads of a batch have successive numbers.
    public var start: ResumeToken? { place.start }
    /// Why events may be missing right before the first payload, in the words of the relay that lost them; nil when
    /// none are.
    public var gap: String? { place.gap }
    /// The token of the last payload, or of the event before what follows an empty batch; nil where nothing is
    /// numbered.
    public var token: ResumeToken? { start?.advanced(by: count) }

    /// What is told of the place before the first payload.
    package var place = EventPlace()

    /// Says that so many events were dropped before they were read.
    package static func lost(_ count: Int) -> String { "\(count) events were dropped on the way in" }

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

    /// The first payloads, with all that is told of the place before them.
    package func prefix(_ count: Int) -> PayloadBatch {
        guard count < self.count else { return self }
        var part = self
        part.ends = Array(ends[..<count])
        part.bytes = Array(bytes[..<(part.ends.last ?? 0)])
        return part
    }

    /// What follows so many payloads.
    package func suffix(after count: Int) -> PayloadBatch {
        guard count > 0 else { return self }
        let start = ends[count - 1]
        var part = PayloadBatch(
            bytes: Array(bytes[start...]),
            ends: ends[count...].map { $0 - start },
            dropped: 0
        )
        part.place.start = self.start?.advanced(by: count)
        part.arrival = arrival
        return part
    }

    package mutating func append(_ payload: Span<UInt8>) {
        bytes.append(payload)
        ends.append(bytes.count)
    }
}
