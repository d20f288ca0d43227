import Testing

@testable import EventLog

/// A relay says what it wants, as often as it must and not more often.
struct DemandSenderTests {
    private typealias Content = DemandReport.Content
    private static let relay = DemandSample.relay("a", 7)

    private static func sender(
        largestMessage: Int = 4096,
        limits: DemandLimits = DemandLimits(),
        seed: UInt64 = 1
    ) -> DemandSender {
        DemandSender(
            relay: relay,
            timing: DemandSample.timing,
            largestMessage: largestMessage,
            limits: limits,
            seed: seed
        )
    }

    /// What the messages say; their counters go on from `counter`.
    private static func contents(of actions: [DemandSender.Action], _ counter: inout UInt64) throws -> [Content] {
        try actions.map { action in
            guard case .publish(let bytes) = action, case .report(let report) = try DemandMessage(bytes) else {
                throw RecordError.truncated
            }
            counter += 1
            #expect(report.relay == relay && report.counter == counter && bytes.count <= 4096)
            return report.content
        }
    }

    private enum Step {
        case want(UInt64), release(UInt64), term(UInt64), resync(UInt64), reconnected, leave
        /// Says what has changed, or what is due.
        case flush([Content]), tick([Content])
        /// When something is due, in leases from the beginning; nil when nothing is.
        case due(Double?)
    }

    /// Does the steps, each at its time in leases.
    private static func walk(_ steps: [(Double, Step)]) throws {
        var (sender, counter) = (sender(), UInt64(0))
        for (index, (time, step)) in steps.enumerated() {
            let now = DemandSample.time(time)
            switch step {
            case .want(let number): #expect(sender.want(DemandSample.topic(number), nil).isEmpty)
            case .release(let number): sender.release(DemandSample.topic(number))
            case .term(let term): sender.newTerm(term, now: now)
            case .resync(let term): sender.take(DemandResync(relay: relay, term: term), now: now)
            case .reconnected: sender.reconnected(now: now)
            case .leave: #expect(try contents(of: sender.leave(), &counter) == [.leave], "step \(index)")
            case .flush(let expected):
                #expect(try contents(of: sender.flush(now: now), &counter) == expected, "step \(index)")
            case .tick(let expected):
                #expect(try contents(of: sender.tick(now: now), &counter) == expected, "step \(index)")
            case .due(let due): #expect(sender.deadline == due.map(DemandSample.time), "step \(index)")
            }
        }
    }

    @Test func `changes are said together, and the first ones as a whole set`() throws {
        try Self.walk([
            (0, .due(nil)), (0, .want(2)), (0, .want(1)), (0, .want(1)), (0, .due(nil)),
            (0, .flush([.set([1, 2])])), (0, .flush([])), (0, .due(1)),
            (0.5, .want(3)), (0.5, .release(2)), (0.5, .want(4)), (0.5, .release(9)),
            (0.5, .flush([.release([2]), .want([3, 4])])), (0.5, .due(1)),
            // What is taken back isn't said, and what is let go and wanted again is: it may have been refused.
            (0.6, .want(5)), (0.6, .release(5)), (0.6, .flush([])),
            (0.7, .release(1)), (0.7, .want(1)), (0.7, .flush([.want([1])])),
            (0.8, .release(1)), (0.8, .want(1)), (0.8, .release(1)), (0.8, .flush([.release([1])])),
        ])
    }

    @Test func `the digest is said once a lease, with what changed before`() throws {
        try Self.walk([
            (0, .want(1)), (0, .flush([.set([1])])), (0.9, .tick([])), (1, .tick([.renew([1])])), (1, .due(2)),
            (1.5, .want(2)), (2, .tick([.want([2]), .renew([1, 2])])), (3.5, .tick([.renew([1, 2])])), (3.5, .due(4.5)),
        ])
    }

    @Test func `who wants nothing says so once more, and then nothing`() throws {
        try Self.walk([
            (0, .want(1)), (0, .flush([.set([1])])), (0.5, .release(1)), (0.5, .flush([.release([1])])), (0.5, .due(1)),
            (1, .tick([.renew([])])), (1, .due(nil)), (9, .tick([])),
            (9, .term(1)), (9, .reconnected), (9, .due(nil)),
            // It may have been forgotten, so that its counter shows nothing.
            (10, .want(2)), (10, .flush([.set([2])])), (10, .due(11)),
        ])
    }

    @Test func `who is asked for the whole set sends it at once, and not too often`() throws {
        try Self.walk([
            (0, .want(1)), (0, .flush([.set([1])])), (0.5, .term(3)), (0.99, .tick([.set([1])])),
            // A former leader, which was replaced.
            (2, .resync(2)), (2, .due(1.99)),
            (2, .tick([.renew([1])])), (2.1, .resync(3)), (2.1, .resync(4)), (2.1, .due(2.1)), (2.1, .want(2)),
            (2.1, .tick([.set([1, 2])])), (2.1, .flush([])), (2.2, .resync(3)), (2.2, .resync(3)), (2.2, .due(2.35)),
            (2.3, .tick([])), (2.35, .tick([.set([1, 2])])), (2.35, .due(3.35)),
        ])
        try Self.walk([(0, .resync(0)), (0, .tick([.set([])])), (0, .due(nil))])
    }

    @Test func `another relay's or a former process's question isn't answered`() {
        for other in [DemandSample.relay("b", 7), DemandSample.relay("a", 6)] {
            var sender = Self.sender()
            sender.take(DemandResync(relay: other, term: 9), now: .zero)
            #expect(sender.deadline == nil)
        }
    }

    @Test func `who leaves says so at once, and may come back`() throws {
        try Self.walk([
            (0, .want(1)), (0, .flush([.set([1])])), (0.1, .term(1)), (0.2, .leave), (0.2, .due(nil)), (9, .tick([])),
            (9, .want(1)), (9, .flush([.set([1])])), (9, .due(10)),
        ])
        var sender = Self.sender()
        #expect(sender.want(DemandSample.topic(1), nil).isEmpty)
        #expect(sender.leave().isEmpty, "nobody knows of it")
        #expect(!sender.wants(DemandSample.topic(1)))
    }

    @Test func `whole sets for a new leader are spread over half a lease, each term anew and only once`() throws {
        var times: Set<Duration> = []
        for seed in UInt64(0)..<200 {
            var sender = Self.sender(seed: seed)
            _ = sender.want(DemandSample.topic(1), nil)
            _ = sender.flush(now: .zero)
            var now = DemandSample.time(0.3)
            for term in UInt64(1)...3 {
                sender.newTerm(term, now: now)
                let due = try #require(sender.deadline)
                #expect(due >= now && due < now + DemandSample.time(0.5))
                times.insert(due - now)
                sender.newTerm(term, now: now + DemandSample.time(0.4))
                sender.newTerm(term - 1, now: now + DemandSample.time(0.4))
                #expect(sender.deadline == due)
                #expect(sender.tick(now: due).count == 1)
                now = due + DemandSample.time(0.3)
            }
        }
        #expect(times.count > 400)
        let (least, most) = (try #require(times.min()), try #require(times.max()))
        #expect(least < DemandSample.time(0.01) && most > DemandSample.time(0.49))
    }

    @Test func `a large set goes into parts, whose messages are within the limit`() throws {
        var (sender, counter) = (Self.sender(), UInt64(0))
        let text = String(repeating: "q", count: 500)
        let topics = (0..<100).map { DemandedTopic(DemandSample.topic($0), DemandSample.request(text)) }
        for topic in topics { #expect(sender.want(topic.topic, topic.request).isEmpty) }
        let parts = try Self.contents(of: sender.flush(now: .zero), &counter)
        var found: [DemandedTopic] = []
        for (index, content) in parts.enumerated() {
            guard case .set(index, parts.count, let part) = content else {
                Issue.record("\(content) is no part")
                return
            }
            found += part
        }
        #expect(found == topics && parts.count == 15)
        for topic in topics.dropFirst() { sender.release(topic.topic) }
        for number in UInt64(200)..<900 { _ = sender.want(DemandSample.topic(number), nil) }
        let changes = try Self.contents(of: sender.flush(now: .zero), &counter)
        #expect(changes.first == .release((1...99).map { $0 }))
        #expect(changes.count == 1 + 4)
    }

    @Test func `a topic that is too much isn't wanted, and its owner is told`() throws {
        var sender = Self.sender(limits: DemandLimits(topics: 2, requestBytes: 5000))
        let topics = (0..<4).map(DemandSample.topic)
        let requests = [3000, 2000, 2001, 4000].map { DemandRequest(Array(repeating: 0x20, count: $0)) }
        #expect(sender.want(topics[0], requests[0]).isEmpty)
        #expect(sender.want(topics[1], requests[3]) == [.tooLarge(topics[1])])
        #expect(sender.want(topics[1], requests[2]) == [.tooMany(topics[1])])
        #expect(sender.want(topics[1], requests[1]).isEmpty)
        #expect(sender.want(topics[2], nil) == [.tooMany(topics[2])])
        #expect(topics.map { sender.wants($0) } == [true, true, false, false])
        sender.release(topics[0])
        #expect(sender.want(topics[2], requests[0]).isEmpty)
        var counter = UInt64(0)
        let expected = [DemandedTopic(topics[1], requests[1]), DemandedTopic(topics[2], requests[0])]
        let contents = try Self.contents(of: sender.flush(now: .zero), &counter)
        #expect(contents == expected.enumerated().map { .set(part: $0, of: 2, [$1]) })
    }
}
