/// Says which topics of a partition a relay wants.
///
/// Changes are said once, and may be lost. So a digest of the set is said again and again, by which the leader finds
/// out, and asks for the whole set; and each new leader is sent it. A machine without I/O and clock: what is to be done
/// comes back as actions.
package struct DemandSender {
    /// What is to be done, in order.
    package enum Action: Equatable, Sendable {
        /// Send the message to all that may lead the partition.
        case publish([UInt8])
        /// The topic isn't wanted, since its request fits no message.
        case tooLarge(TopicHash)
        /// The topic isn't wanted, since the relay wants as many as it may, or their requests are too long together.
        case tooMany(TopicHash)
    }

    package let relay: DemandRelay
    private let timing: LogTiming
    private let packer: DemandPacker
    private let limits: DemandLimits
    private let seed: UInt64
    /// How often chance was drawn from the seed.
    private var draws: UInt64 = 0
    private var counter: UInt64 = 0

    private var wanted: [TopicHash: DemandRequest?] = [:]
    private var digest = DemandDigest()
    private var requestBytes = 0
    /// What was wanted, released or both since it was last said, in order, and whether it was wanted before.
    private var changed: [TopicHash] = []
    private var wasWanted: [TopicHash: Bool] = [:]
    /// How many topics were wanted when it was last said.
    private var said = 0

    /// The newest term that is known.
    private var term: UInt64 = 0
    /// When the whole set is to be sent; nil when it isn't.
    private var setDue: Duration?
    private var setSent: Duration?
    /// When the digest is due; nil for a relay that wants nothing, once it has said so.
    private var renewalDue: Duration?

    /// - Parameters:
    ///   - relay: Its node's name must have 1 to 255 bytes.
    ///   - timing: The same in the whole group.
    ///   - largestMessage: In bytes, as the server takes them; 4096 at least.
    ///   - seed: From which chance is drawn; another one on each relay.
    package init(
        relay: DemandRelay,
        timing: LogTiming,
        largestMessage: Int,
        limits: DemandLimits = DemandLimits(),
        seed: UInt64
    ) {
        precondition(1...RecordLimits.node ~= relay.node.utf8.count, "a node's name is empty or too long")
        self.relay = relay
        self.timing = timing
        self.limits = limits
        self.seed = seed
        packer = DemandPacker(limit: largestMessage)
    }

    /// When `tick` is due; nil when nothing is.
    package var deadline: Duration? {
        guard let setDue, let renewalDue else { return setDue ?? renewalDue }
        return min(setDue, renewalDue)
    }

    /// Whether the relay wants the topic.
    package func wants(_ topic: TopicHash) -> Bool { wanted[topic] != nil }

    /// Wants a topic, from the next `flush` on; one that is wanted already keeps its request.
    package mutating func want(_ topic: TopicHash, _ request: DemandRequest?) -> [Action] {
        guard wanted[topic] == nil else { return [] }
        guard packer.fits(DemandedTopic(topic, request)) else { return [.tooLarge(topic)] }
        let size = request?.bytes.count ?? 0
        guard digest.count < limits.topics, size <= limits.requestBytes - requestBytes else { return [.tooMany(topic)] }
        note(topic, wasWanted: false)
        wanted[topic] = .some(request)
        digest.insert(topic)
        requestBytes += size
        return []
    }

    /// Lets a topic go, from the next `flush` on.
    package mutating func release(_ topic: TopicHash) {
        guard let request = wanted.removeValue(forKey: topic) else { return }
        note(topic, wasWanted: true)
        digest.remove(topic)
        requestBytes -= request?.bytes.count ?? 0
    }

    private mutating func note(_ topic: TopicHash, wasWanted before: Bool) {
        guard wasWanted[topic] == nil else { return }
        wasWanted[topic] = before
        changed.append(topic)
    }

    /// Says what has changed, all of it together.
    package mutating func flush(now: Duration) -> [Action] {
        guard !changed.isEmpty else { return [] }
        // Who wanted nothing may be forgotten: the whole set needs no former message.
        guard said > 0 || wanted.isEmpty else { return sendSet(now: now) }
        var (added, removed) = ([DemandedTopic](), [TopicHash]())
        for topic in changed {
            if let request = wanted[topic] {
                // One that was let go and is wanted again may have been refused before.
                added.append(DemandedTopic(topic, request))
            } else if wasWanted[topic] == true {
                removed.append(topic)
            }
        }
        settle()
        // What is let go makes room for what is wanted.
        let releases = packer.divide(removed).map(DemandReport.Content.release)
        return publish(releases + packer.divide(added).map(DemandReport.Content.want))
    }

    /// Does what is due.
    package mutating func tick(now: Duration) -> [Action] {
        if let setDue, now >= setDue { return sendSet(now: now) }
        guard let due = renewalDue, now >= due else { return [] }
        let changes = flush(now: now)
        // Who wants nothing says so once: whatever others believe ends by itself.
        renewalDue = wanted.isEmpty ? nil : now + timing.renewal
        return changes + publish([.renew(digest)])
    }

    /// A new leader is known: the whole set is due soon, at a time by chance, since all relays send theirs.
    package mutating func newTerm(_ term: UInt64, now: Duration) {
        guard term > self.term else { return }
        self.term = term
        sendSetSoon(now: now)
    }

    /// There is a new connection, and messages of the former one may be lost.
    package mutating func reconnected(now: Duration) { sendSetSoon(now: now) }

    /// A leader asks for the whole set; one of a former term, or one that asks another relay, is passed over.
    package mutating func take(_ resync: DemandResync, now: Duration) {
        guard resync.relay == relay, resync.term >= term else { return }
        sendSet(at: now)
    }

    /// Wants nothing any more, and says so at once.
    package mutating func leave() -> [Action] {
        // What was said may be known to others even if it was taken back since.
        let isKnown = said > 0 || renewalDue != nil
        (wanted, digest, requestBytes) = ([:], DemandDigest(), 0)
        settle()
        (setDue, renewalDue) = (nil, nil)
        return isKnown ? publish([.leave]) : []
    }

    private mutating func sendSetSoon(now: Duration) {
        guard said > 0 || renewalDue != nil else { return }
        var hash = StableHash()
        hash.combine(seed)
        hash.combine(draws)
        draws += 1
        sendSet(at: now + timing.demandSpread * Int(hash.finished % 1000) / 1000)
    }

    private mutating func sendSet(at time: Duration) {
        let earliest = max(time, setSent.map { $0 + timing.setPause } ?? time)
        setDue = min(setDue ?? earliest, earliest)
    }

    private mutating func sendSet(now: Duration) -> [Action] {
        settle()
        (setDue, setSent) = (nil, now)
        renewalDue = wanted.isEmpty ? nil : now + timing.renewal
        // In an order, so that the same set makes the same messages.
        let topics = wanted.map { DemandedTopic($0, $1) }.sorted { $0.topic < $1.topic }
        var parts = packer.divide(topics)
        if parts.isEmpty { parts = [[]] }
        return publish(parts.enumerated().map { .set(part: $0, of: parts.count, $1) })
    }

    /// All changes are said.
    private mutating func settle() {
        changed = []
        wasWanted = [:]
        said = wanted.count
    }

    private mutating func publish(_ contents: [DemandReport.Content]) -> [Action] {
        contents.compactMap { content in
            counter += 1
            let message = DemandMessage.report(DemandReport(relay: relay, counter: counter, content))
            // Names and topics were checked, so that they can be written.
            return (try? message.bytes()).map(Action.publish)
        }
    }
}
