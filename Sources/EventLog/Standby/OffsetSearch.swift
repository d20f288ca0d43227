internal import DequeModule

/// Finds by how much a standby's feed began later than what it reads of the log.
///
/// Both number what they get from 0: the feed since its operation began at the server, the log since that operation was
/// sent. While neither leaves anything out, the feed's payload i is the log's payload i + offset, with one offset for
/// all of them. The offsets that are possible at all are bounded by when things happened, and every pair of payloads
/// that differ rules one out; what is never done is to choose one because payloads are alike. So it is enough to
/// compare hashes: where two payloads collide, an offset stays that could have been ruled out.
struct OffsetSearch {
    /// Possible offsets that pairs of payloads haven't ruled out; of no meaning while the feed is empty.
    private var offsets: [Int] = []
    /// No possible offset is smaller; nil while nothing is known.
    private var least: Int? = 0
    /// No possible offset is larger; nil while nothing is known.
    private var largest: Int?
    /// The same in the log's next stretch.
    private var largestOfNext: Int?
    /// Why there will never be a result.
    private(set) var obstacle: AlignmentObstacle?

    private var feed = HashWindow()
    private var firstOfFeed: UInt64?
    private var log = HashWindow()
    /// Where the log's present stretch begins, in which nothing is left out, and the payload there.
    private var start = 0
    private var firstOfStretch: UInt64?
    /// Whether a gap was told behind all payloads of the log.
    private(set) var isGapPending = false
    /// How many payloads the feed had when it had all from before that gap.
    private var countAtGap: Int?

    /// How many offsets are tried at once.
    static let largestCount = 1024
    /// How far the feed may be behind the log, in payloads.
    static let largestLag = 1 << 16

    /// Where the feed goes on from the log.
    var place: FeedPlace {
        if let obstacle { return .none(obstacle) }
        if isGapPending, !isResolved {
            // What is left out before this is told by the gap.
            return countAtGap.map { .found($0) } ?? .pending(.resuming)
        }
        guard let largest else { return .pending(.young) }
        guard let least else { return .pending(.resuming) }
        guard least <= largest else { return .none(.different) }
        guard feed.count > 0 else {
            return least == log.count ? .found(0) : .pending(.behind)
        }
        guard let offset = offsets.first else { return .none(.different) }
        let reached = offsets.lazy.filter { log.count - $0 <= feed.count }
        guard offsets.count > 1 else {
            return reached.isEmpty ? .pending(.behind) : .found(log.count - offset)
        }
        // More payloads rule out only those that the feed hasn't reached.
        return reached.dropFirst().isEmpty ? .pending(.ambiguous) : .none(.ambiguous)
    }

    /// Whether one offset is left.
    ///
    /// Then only payloads can speak against it. Time was needed to find it, and one late event shouldn't undo that.
    private var isResolved: Bool {
        guard let least, let largest else { return false }
        return feed.count > 0 ? offsets.count == 1 : least == largest
    }

    /// The log has now all from before the operation began, and so many of the feed's first payloads.
    mutating func boundAbove(feedCount: Int) {
        guard obstacle == nil else { return }
        let bound = log.count - feedCount
        if isGapPending {
            // What the log lacks of the feed it has left out.
            largestOfNext = min(largestOfNext ?? bound, bound)
            return
        } else if largest == nil {
            if feed.count > 0, bound == log.count { offsets.append(bound) }
        } else if isResolved || bound >= largest ?? bound {
            return
        }
        largest = min(largest ?? bound, bound)
        offsets.removeAll { $0 > bound }
        limit()
    }

    /// The feed has now so many of the log's first payloads.
    mutating func boundBelow(logCount: Int) {
        guard obstacle == nil, logCount > start, !isResolved else { return }
        let bound = logCount - feed.count
        guard bound > least ?? .min else { return }
        least = bound
        offsets.removeAll { $0 < bound }
        limit()
    }

    /// The feed has now all from before the gap that was told last.
    mutating func passGap() {
        if isGapPending, countAtGap == nil { countAtGap = feed.count }
    }

    /// Forgets the feed's payloads before an index, which then rule nothing out.
    mutating func trimFeed(to index: Int) { feed.trim(to: index) }

    /// The operation has brought a payload.
    mutating func receive(_ hash: UInt64) {
        guard obstacle == nil else { return }
        let index = feed.count
        feed.append(hash)
        if index == 0 {
            firstOfFeed = hash
            let from = max(start, least ?? start)
            let to = min(largest ?? log.count - 1, log.count)
            if from <= to { offsets = (from...to).filter { log.mayBe(hash, at: $0) } }
        } else {
            offsets.removeAll { index + $0 >= start && !log.mayBe(hash, at: index + $0) }
            if least == nil, firstOfStretch == hash, start - index <= largest ?? .max {
                offsets.append(start - index)
            }
        }
        limit()
    }

    /// The log has a payload.
    mutating func log(_ hash: UInt64) {
        guard obstacle == nil else { return }
        let index = log.count
        guard !isGapPending else {
            beginStretch(with: hash)
            return limit()
        }
        if index == start { firstOfStretch = hash }
        log.append(hash)
        offsets.removeAll { index >= $0 && !feed.mayBe(hash, at: index - $0) }
        if largest == nil, firstOfFeed == hash { offsets.append(index) }
        limit()
    }

    /// The log told a gap: what it has next may be any later payload of the feed.
    mutating func logGap() {
        isGapPending = true
        countAtGap = nil
    }

    /// Looks for the offsets anew, none of which is larger than those before.
    private mutating func beginStretch(with hash: UInt64) {
        let isContradicted = feed.count > 0 && offsets.isEmpty && least != nil && largest != nil
        var from = isContradicted ? feed.first : 0
        if largest != nil, let most = offsets.max() { largest = most }
        if let largestOfNext { largest = min(largest ?? largestOfNext, largestOfNext) }
        (isGapPending, largestOfNext, least) = (false, nil, nil)
        start = log.count
        firstOfStretch = hash
        log.trim(to: start)
        log.append(hash)
        offsets = []
        guard feed.count > 0 else { return }
        // An offset beyond the start has the feed begin later than the log's stretch.
        let most = largest ?? start
        from = min(max(from, start - most), feed.count)
        guard feed.first - from <= Self.largestCount, most - start <= Self.largestCount else {
            return obstacle = .ambiguous
        }
        offsets = (from..<feed.count).filter { feed.mayBe(hash, at: $0) }.map { start - $0 }
        if most > start { offsets += (start + 1)...most }
    }

    /// Gives up where too much would have to be kept or tried.
    private mutating func limit() {
        if offsets.count > Self.largestCount { obstacle = .ambiguous }
        let needed =
            if feed.count == 0 || least == nil { start } else { offsets.min().map { feed.count + $0 } ?? log.count }
        log.trim(to: needed)
        if log.count - log.first > Self.largestLag { obstacle = .behind }
        guard obstacle != nil else { return }
        offsets = []
        log.trim(to: log.count)
        feed.trim(to: feed.count)
    }
}

/// Hashes of a sequence's newest payloads, each at its index in the whole sequence.
private struct HashWindow {
    private var hashes: Deque<UInt64> = []
    /// The index of the first that is kept.
    private(set) var first = 0

    /// How many there were.
    var count: Int { first + hashes.count }

    mutating func append(_ hash: UInt64) { hashes.append(hash) }

    /// Forgets those before an index.
    mutating func trim(to index: Int) {
        guard index > first else { return }
        let excess = min(index - first, hashes.count)
        hashes.removeFirst(excess)
        first += excess
    }

    /// Whether the payload at an index can be one with this hash, for all that is known.
    func mayBe(_ hash: UInt64, at index: Int) -> Bool {
        index < first || index >= count || hashes[index - first] == hash
    }
}
