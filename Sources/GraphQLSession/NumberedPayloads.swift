internal import GraphQLTransport

/// What is told of the place where a run of numbered payloads begins.
struct RunHead {
    /// The token of the event before; nil where no relay numbers them.
    var start: ResumeToken?
    /// Why events may be missing there.
    var gap: String?
    /// Whether the operation begins there.
    var isOpening = false
    /// The number of the newest event then, if those up to it had happened before.
    var newest: UInt64?
    /// Whether events may be missing there for those who hadn't seen the event before.
    var hasGapBefore = false
}

/// The payloads of one subscription that wait for its reader, from a server that may number them.
///
/// A relay upstream has a token in each payload. It is read and taken out here, and payloads with successive numbers wait
/// as one run. Anywhere else there is one run without numbers.
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
    var isEmpty: Bool { runs.isEmpty && run.isEmpty && !run.head.tells }

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
            let place = ResumeToken(epoch: token.epoch, sequence: max(token.sequence, newest ?? 0))
            return begin(at: place, numbered, isOpening: newest == nil)
        }
        // What has a number that isn't new was here already.
        guard token.sequence > newest ?? 0 else { return }
        let before = ResumeToken(epoch: token.epoch, sequence: token.sequence - 1)
        if before != last {
            begin(at: before, gap: last == nil ? nil : "the relay upstream skipped numbers", isOpening: newest == nil)
        }
        last = token
        drop(over: limit - payload.count)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(payload.count)
        ResultExtension.append(payload, removing: "relay", into: &bytes)
        run.append(bytes.span, limit: limit, at: now())
    }

    /// The oldest run.
    mutating func take() -> PayloadBatch {
        guard !runs.isEmpty else {
            let next = RunHead(start: last)
            defer { run.head = next }
            return run.take()
        }
        let oldest = runs.removeFirst()
        runBytes -= Self.cost(of: oldest)
        return oldest
    }

    private mutating func begin(at place: ResumeToken, _ payload: NumberedPayload, isOpening: Bool) {
        begin(at: place, gap: payload.gap, isOpening: isOpening)
        run.head.newest = payload.newest ?? run.head.newest
        run.head.hasGapBefore = payload.hasGapBefore
    }

    private mutating func begin(at place: ResumeToken, gap: String?, isOpening: Bool) {
        var head = RunHead(start: place, gap: gap, isOpening: isOpening)
        if run.isEmpty {
            // Nobody has been told of the former place: what was told of it holds for this one.
            head.gap = run.head.gap ?? gap
            head.isOpening = run.head.isOpening || isOpening
            if run.head.start?.epoch == place.epoch { head.newest = run.head.newest }
        } else {
            let batch = run.take()
            runs.append(batch)
            runBytes += Self.cost(of: batch)
        }
        run.head = head
        last = place
    }

    /// The payloads, and about what a batch costs beside them.
    private static func cost(of batch: PayloadBatch) -> Int { batch.bytes.count + 512 }

    /// Drops the oldest runs while what waits is over the limit; the numbers of the next one show how much is missing.
    private mutating func drop(over limit: Int) {
        while let oldest = runs.first, runBytes + run.size > limit {
            runs.removeFirst()
            runBytes -= Self.cost(of: oldest)
            let dropped = oldest.dropped + oldest.count
            if runs.isEmpty {
                run.head.inherit(oldest, dropped)
            } else {
                runs[0].gap = oldest.gap ?? PayloadBatch.lost(dropped)
                runs[0].isOpening = runs[0].isOpening || oldest.isOpening
                if runs[0].start?.epoch == oldest.start?.epoch { runs[0].newest = runs[0].newest ?? oldest.newest }
            }
        }
    }
}

extension RunHead {
    /// Whether a reader has to know it, though there is no payload behind it.
    var tells: Bool { gap != nil || isOpening }

    /// Stands for a run before it that was dropped.
    fileprivate mutating func inherit(_ batch: PayloadBatch, _ dropped: Int) {
        gap = batch.gap ?? PayloadBatch.lost(dropped)
        isOpening = isOpening || batch.isOpening
        if start?.epoch == batch.start?.epoch { newest = newest ?? batch.newest }
    }
}
