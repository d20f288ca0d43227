internal import GraphQLTransport

/// The payloads of one subscription that wait for its reader, from a server that may number them.
///
/// A relay upstream has a token in each payload. It is read and taken out here, and payloads with successive numbers
/// wait as one run. Anywhere else there is one run without numbers.
struct NumberedPayloads {
    /// Runs that are over, oldest first; each has a payload, or tells of its place.
    private var runs: [PayloadBatch] = []
    /// What they cost in memory.
    private var runBytes = 0
    private var run = WaitingPayloads()
    /// Whether the link's server numbers events.
    private let hasTokens: Bool
    /// The token of the newest payload.
    private var last: ResumeToken?

    init(hasTokens: Bool) { self.hasTokens = hasTokens }

    /// True when there is nothing to be told.
    var isEmpty: Bool { runs.isEmpty && run.isEmpty && !run.place.tells }

    /// Adds a payload; of what would be over the limit with it the oldest go.
    mutating func append(_ payload: Span<UInt8>, limit: Int, at now: @autoclosure () -> Duration) {
        guard hasTokens, let numbered = NumberedPayload(payload) else {
            // Among numbered events the numbers show that one is missing.
            return last == nil ? run.append(payload, limit: limit, at: now()) : ()
        }
        let token = numbered.token
        let newest = last?.epoch == token.epoch ? last?.sequence : nil
        // An event without a result has a number that follows; anything else without one tells of a place.
        if !numbered.hasResult, numbered.gap != nil || newest.map({ token.sequence == $0 }) ?? true {
            let place = EventPlace(
                start: ResumeToken(epoch: token.epoch, sequence: max(token.sequence, newest ?? 0)),
                gap: numbered.gap,
                isOpening: newest == nil,
                newest: numbered.newest,
                hasGapBefore: numbered.hasGapBefore
            )
            return begin(at: place)
        }
        // What has a number that isn't new was here already.
        guard token.sequence > newest ?? 0 else { return }
        let before = ResumeToken(epoch: token.epoch, sequence: token.sequence - 1)
        if before != last {
            let gap = last == nil ? nil : "the relay upstream skipped numbers"
            begin(at: EventPlace(start: before, gap: gap, isOpening: newest == nil))
        }
        last = token
        drop(over: limit - payload.count)
        run.append(numbered.result(in: payload).span, limit: limit, at: now())
    }

    /// The oldest run.
    mutating func take() -> PayloadBatch {
        guard !runs.isEmpty else {
            let next = EventPlace(start: last)
            defer { run.place = next }
            return run.take()
        }
        let oldest = runs.removeFirst()
        runBytes -= Self.cost(of: oldest)
        return oldest
    }

    private mutating func begin(at place: EventPlace) {
        var place = place
        if run.isEmpty {
            place.inherit(run.place)
        } else {
            let batch = run.take()
            runs.append(batch)
            runBytes += Self.cost(of: batch)
        }
        run.place = place
        last = place.start
    }

    /// The payloads, and about what a batch costs beside them.
    private static func cost(of batch: PayloadBatch) -> Int { batch.bytes.count + 512 }

    /// Drops the oldest runs while what waits is over the limit; the numbers of the next one show how much is missing.
    private mutating func drop(over limit: Int) {
        while let oldest = runs.first, runBytes + run.size > limit {
            runs.removeFirst()
            runBytes -= Self.cost(of: oldest)
            var place = oldest.place
            place.gap = place.gap ?? PayloadBatch.lost(oldest.dropped + oldest.count)
            if runs.isEmpty { run.place.inherit(place) } else { runs[0].place.inherit(place) }
        }
    }
}
