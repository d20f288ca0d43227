@testable import EventLog

extension FuzzTarget {
    /// A message about wanted topics has one form, and whatever relays say, what is told to be wanted is told to be
    /// unwanted when they are silent.
    static let demand = FuzzTarget(
        name: "demand",
        words: ["\u{1}\u{1}\u{1}a", "\u{1}\u{3}\u{1}a", "\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}\u{7}", "\u{1}\u{2}{}"]
    ) { input throws(Violation) in
        // Which kinds of things it met one after the other, however often.
        var (ways, former) = (Set<UInt64>(), UInt64(0))
        func pass(_ mark: UInt64) {
            ways.insert(former << 8 | mark)
            former = mark
        }
        var (group, mirror, now) = (WatchedGroup(), MirroredRelay(), Duration.zero)
        // Messages stand one after the other, each behind its length in two bytes.
        var rest = input[...]
        while let (bytes, behind) = message(in: rest) {
            rest = behind
            now += .milliseconds(200)
            for mark in try group.tick(now) { pass(mark) }
            let message: DemandMessage
            do throws(RecordError) { message = try DemandMessage(bytes) } catch {
                var way = Way()
                way.pass(kindOf: error)
                pass(100 + way.value % 100)
                continue
            }
            try require((try? message.bytes()) == bytes, "a message has two forms")
            switch message {
            case .report(let report):
                pass(mark(report.content))
                for mark in try group.take(report, now) { pass(mark) }
                try mirror.want(report.content, now)
            case .resync(let resync):
                pass(6)
                try mirror.take(resync, now)
            }
        }
        try group.fallSilent(now)
        return ways.reduce(0) { $0 ^ ($1 &* 0x9E37_79B9_7F4A_7C15).byteSwapped &* 0x100_0000_01B3 }
    }

    private static func mark(_ content: DemandReport.Content) -> UInt64 {
        switch content {
        case .want: 1
        case .release: 2
        case .set(let part, let count, _): part + 1 == count ? 3 : 7
        case .renew: 4
        case .leave: 5
        }
    }
}

/// A table with little room, and what it told.
private struct WatchedGroup {
    private static let limits = DemandLimits(relays: 3, topics: 8, places: 12, requestBytes: 64)
    private var table = DemandTable(timing: LogTiming(lease: .seconds(1)), limits: limits)
    private var told: Set<TopicHash> = []

    /// - Returns: Marks of what it told.
    mutating func take(_ report: DemandReport, _ now: Duration) throws(Violation) -> [UInt64] {
        try judge(table.take(report, isLeader: true, now: now))
    }

    mutating func tick(_ now: Duration) throws(Violation) -> [UInt64] { try judge(table.tick(now: now)) }

    private mutating func judge(_ actions: [DemandTable.Action]) throws(Violation) -> [UInt64] {
        var marks: [UInt64] = []
        for action in actions {
            switch action {
            case .wanted(let topic, let request):
                marks.append(20)
                let isNew = told.insert(topic).inserted
                try require(isNew || request != nil, "a topic is told to be wanted twice")
            case .unwanted(let topic):
                marks.append(21)
                try require(told.remove(topic) != nil, "a topic is told to be unwanted that wasn't wanted")
            case .refused(let topic, let refusal):
                marks.append(22 + UInt64(refusal.reason.utf8.count))
                try require(!told.contains(topic), "a topic is refused that is wanted")
            case .resync: marks.append(90)
            }
        }
        try require(Set(table.wanted.map(\.topic)) == told, "what is wanted isn't what was told")
        let size = table.wanted.reduce(0) { $0 + ($1.request?.bytes.count ?? 0) }
        try require(table.requestBytes == size, "the requests are counted wrong")
        try require(size <= Self.limits.requestBytes, "the requests are larger than they may be")
        try require(table.relayCount <= Self.limits.relays, "there are more relays than there may be")
        try require(told.count <= Self.limits.topics, "there are more topics than there may be")
        return marks
    }

    /// Nobody says anything more.
    mutating func fallSilent(_ now: Duration) throws(Violation) {
        let end = now + .seconds(4)
        while let deadline = table.deadline, deadline < end { _ = try tick(deadline) }
        try require(table.deadline == nil && table.relayCount == 0, "a silent relay is remembered")
        try require(told.isEmpty, "a topic is wanted that nobody wants")
    }
}

/// A relay that wants what others want, and a table that hears all it says.
private struct MirroredRelay {
    private static let relay = DemandRelay(node: "a", incarnation: 7)
    private static let timing = LogTiming(lease: .seconds(1))
    private var sender = DemandSender(relay: relay, timing: timing, largestMessage: 4096, seed: 1)
    private var table = DemandTable(timing: timing)

    mutating func want(_ content: DemandReport.Content, _ now: Duration) throws(Violation) {
        switch content {
        case .want(let topics), .set(_, _, let topics):
            for topic in topics { _ = sender.want(topic.topic, topic.request) }
        case .release(let topics): for topic in topics { sender.release(topic) }
        case .renew: sender.reconnected(now: now)
        case .leave: try judge(sender.leave(), now)
        }
        try judge(sender.flush(now: now), now)
        try judge(sender.tick(now: now), now)
        let wanted = table.wanted.map(\.topic)
        try require(wanted.allSatisfy { sender.wants($0) }, "a topic is wanted that the relay let go")
    }

    mutating func take(_ resync: DemandResync, _ now: Duration) throws(Violation) {
        sender.take(resync, now: now)
        try judge(sender.tick(now: now), now)
    }

    private mutating func judge(_ actions: [DemandSender.Action], _ now: Duration) throws(Violation) {
        for case .publish(let bytes) in actions {
            guard case .report(let report)? = try? DemandMessage(bytes), bytes.count <= 4096 else {
                throw Violation("a relay sends what can't be read, or too much")
            }
            for case .resync in table.take(report, isLeader: true, now: now) {
                throw Violation("a relay that is heard is asked for its whole set")
            }
        }
    }
}
