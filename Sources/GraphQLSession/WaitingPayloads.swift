internal import GraphQLTransport

/// Payloads that wait for the one reader of a subscription, oldest first, bounded in bytes.
///
/// What is dropped is passed over first and moved away later, a good part of the limit at once: to move what waits at
/// each payload would cost as much as the limit is large.
struct WaitingPayloads {
    private var bytes: [UInt8] = []
    private var ends: [Int] = []
    /// How many at the front are dropped and still stand there.
    private var passed = 0
    private var dropped = 0
    /// When the oldest payload arrived, or one that was dropped before it.
    private var arrival: Duration?
    /// The token of the event before the oldest payload that was added, and what is told of that place.
    var place = EventPlace()

    var isEmpty: Bool { passed == ends.count }
    /// How many bytes wait.
    var size: Int { bytes.count - start }

    /// Where the oldest payload begins.
    private var start: Int { passed == 0 ? 0 : ends[passed - 1] }

    /// Adds a payload; of what would be over the limit with it the oldest go.
    ///
    /// - Parameter now: Asked for when it is the first one.
    mutating func append(_ payload: Span<UInt8>, limit: Int, at now: @autoclosure () -> Duration) {
        if arrival == nil { arrival = now() }
        while !isEmpty, bytes.count - start + payload.count > limit {
            passed += 1
            dropped += 1
        }
        if isEmpty || start > limit / 4 { moveUp() }
        bytes.append(payload)
        ends.append(bytes.count)
    }

    /// Everything that waits.
    mutating func take() -> PayloadBatch {
        moveUp()
        defer { self = WaitingPayloads() }
        var batch = PayloadBatch(bytes: bytes, ends: ends, dropped: dropped)
        batch.arrival = arrival
        batch.place = place
        batch.place.start = place.start?.advanced(by: dropped)
        return batch
    }

    private mutating func moveUp() {
        guard passed > 0 else { return }
        let start = start
        bytes.removeSubrange(..<start)
        ends.removeFirst(passed)
        for index in ends.indices { ends[index] -= start }
        passed = 0
    }
}
