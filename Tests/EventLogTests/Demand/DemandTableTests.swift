import Testing

@testable import EventLog

/// What the relays want together is told when it changes, and what was lost is asked for.
struct DemandTableTests {
    private typealias Content = DemandReport.Content
    private typealias Action = DemandTable.Action

    private enum Step {
        /// A relay's message, by its process and counter.
        case take(String, UInt64, Content, [Action])
        case process(UInt64, String, UInt64, Content, [Action])
        case follow(String, UInt64, Content, [Action])
        case tick([Action])
        case adopt([UInt64], Double)
        case disconnected, reconnected
        /// When something is due, in leases; nil when nothing is.
        case due(Double?)
    }

    private static func wanted(_ number: UInt64, _ request: String? = nil) -> Action {
        .wanted(DemandSample.topic(number), request.map(DemandSample.request))
    }

    private static func unwanted(_ number: UInt64) -> Action { .unwanted(DemandSample.topic(number)) }

    private static func refused(_ number: UInt64, _ refusal: DemandRefusal) -> Action {
        .refused(DemandSample.topic(number), refusal)
    }

    private static func resync(_ node: String, _ incarnation: UInt64 = 1) -> Action {
        .resync(DemandSample.relay(node, incarnation))
    }

    private static func asked(_ number: UInt64, _ request: String) -> Content {
        .want([DemandedTopic(DemandSample.topic(number), DemandSample.request(request))])
    }

    /// Does the steps, each at its time in leases.
    @discardableResult
    private static func walk(
        limits: DemandLimits = DemandLimits(),
        _ steps: [(Double, Step)],
        sourceLocation: SourceLocation = #_sourceLocation
    ) -> DemandTable {
        var table = DemandTable(timing: DemandSample.timing, limits: limits)
        func take(
            _ relay: DemandRelay,
            _ counter: UInt64,
            _ content: Content,
            _ now: Duration,
            by isLeader: Bool = true
        ) -> [Action] {
            table.take(DemandReport(relay: relay, counter: counter, content), isLeader: isLeader, now: now)
        }
        func judge(_ actions: [Action], _ expected: [Action], _ index: Int) {
            #expect(actions == expected, "step \(index)", sourceLocation: sourceLocation)
        }
        for (index, (time, step)) in steps.enumerated() {
            let now = DemandSample.time(time)
            switch step {
            case .take(let node, let counter, let content, let expected):
                judge(take(DemandSample.relay(node), counter, content, now), expected, index)
            case .process(let incarnation, let node, let counter, let content, let expected):
                judge(take(DemandSample.relay(node, incarnation), counter, content, now), expected, index)
            case .follow(let node, let counter, let content, let expected):
                judge(take(DemandSample.relay(node), counter, content, now, by: false), expected, index)
            case .tick(let expected): judge(table.tick(now: now), expected, index)
            case .adopt(let numbers, let until):
                table.adopt(numbers.map(DemandSample.topic), until: DemandSample.time(until))
            case .disconnected: table.disconnected()
            case .reconnected: table.reconnected(now: now)
            case .due(let due):
                let expected = due.map(DemandSample.time)
                #expect(table.deadline == expected, "step \(index)", sourceLocation: sourceLocation)
            }
        }
        return table
    }

    @Test func `the first relay that wants a topic is told, and the last one that lets it go`() {
        let table = Self.walk([
            (0, .due(nil)),
            (0, .take("a", 1, .set([1, 2]), [Self.wanted(1), Self.wanted(2)])), (0, .due(3)),
            (0, .take("b", 1, .want([2, 3]), [Self.wanted(3)])),
            (0, .take("a", 2, .release([1, 2]), [Self.unwanted(1)])),
            (0, .take("b", 2, .release([9]), [])),
            (0, .take("b", 3, .leave, [Self.unwanted(2), Self.unwanted(3)])),
            // It may say more, when it wants something again.
            (0, .take("b", 4, .set([3]), [Self.wanted(3)])),
        ])
        #expect(table.wanted == DemandSample.topics([3]))
        #expect(table.isWanted(DemandSample.topic(3)) && !table.isWanted(DemandSample.topic(1)))
    }

    @Test func `who isn't heard for three leases wants nothing`() {
        let table = Self.walk([
            (0, .take("a", 1, .set([1, 2]), [Self.wanted(1), Self.wanted(2)])),
            (0.5, .take("b", 1, .set([2, 3]), [Self.wanted(3)])),
            (1, .take("b", 2, .renew([2, 3]), [])), (2.9, .tick([])),
            (3, .tick([Self.unwanted(1)])), (3, .due(4)),
            // What came twice or too late shows nothing new.
            (3.5, .take("b", 1, .set([2, 3]), [])), (3.5, .take("b", 2, .renew([2, 3]), [])),
            (4, .tick([Self.unwanted(2), Self.unwanted(3)])), (4, .due(nil)),
        ])
        #expect(table.relayCount == 0 && table.counts.late == 2)
    }

    @Test func `what was lost is noticed and asked for, by a leader only and not too often`() {
        let table = Self.walk([
            (0, .take("a", 1, .set([1]), [Self.wanted(1)])),
            (0, .take("a", 3, .want([3]), [Self.wanted(3), Self.resync("a")])),
            (0.1, .take("a", 5, .release([3]), [Self.unwanted(3)])),
            (0.4, .take("a", 6, .renew([1, 2]), [])),
            (0.5, .take("a", 7, .renew([1, 2]), [Self.resync("a")])),
            (0.6, .take("a", 8, .set([1, 2]), [Self.wanted(2)])),
            (1.6, .take("a", 9, .renew([1, 2]), [])),
            // Nothing was lost that matters.
            (2.6, .take("a", 11, .renew([1, 2]), [])),
            (2.7, .take("a", 13, .set([2]), [Self.unwanted(1)])),
            // Unknown relays: one that wants something, one that doesn't, and one whose former messages are missing.
            (3, .take("b", 7, .renew([1]), [Self.resync("b")])),
            (3, .take("c", 7, .renew([]), [])),
            (3, .take("d", 7, .want([4]), [Self.wanted(4), Self.resync("d")])),
            (3, .take("e", 7, .set([4]), [])),
            (3, .follow("f", 7, .renew([1]), [])),
            (3, .follow("f", 9, .want([5]), [Self.wanted(5)])),
            (3, .take("f", 10, .renew([1]), [Self.resync("f")])),
        ])
        #expect(table.counts == DemandCounts(late: 0, holes: 9, resyncs: 5, refusals: 0))
    }

    @Test func `while a set comes in parts nothing of the old one is let go`() {
        Self.walk([
            (0, .take("a", 1, .set([1, 2, 3]), [Self.wanted(1), Self.wanted(2), Self.wanted(3)])),
            (0, .take("a", 2, .set([4], part: 0, of: 3), [Self.wanted(4)])),
            (0, .take("a", 3, .set([2], part: 1, of: 3), [])),
            (0, .take("a", 4, .set([5], part: 2, of: 3), [Self.unwanted(1), Self.unwanted(3), Self.wanted(5)])),
            (0, .take("a", 5, .renew([2, 4, 5]), [])),
            // The parts come in any order, and again.
            (1, .take("a", 6, .set([6], part: 0, of: 3), [Self.wanted(6)])),
            (1, .take("a", 8, .set([7], part: 2, of: 3), [Self.wanted(7)])),
            (1, .take("a", 8, .set([7], part: 2, of: 3), [])),
            (1, .take("a", 7, .set([2, 8], part: 1, of: 3), [Self.unwanted(4), Self.unwanted(5), Self.wanted(8)])),
            (1, .take("a", 7, .set([2, 8], part: 1, of: 3), [])), (1, .take("a", 9, .renew([2, 6, 7, 8]), [])),
            // A set that lacks parts lets nothing go, and what comes of it behind a change is late.
            (2, .take("a", 10, .set([6], part: 0, of: 3), [])),
            (2, .take("a", 13, .want([9]), [Self.wanted(9), Self.resync("a")])),
            (2, .take("a", 11, .set([1], part: 1, of: 3), [])),
            // So is what comes behind a part of another set.
            (3, .take("a", 14, .set([6], part: 0, of: 2), [])), (3, .take("a", 17, .set([9], part: 1, of: 2), [])),
            (3, .take("a", 15, .set([1], part: 1, of: 2), [])),
            (3, .take("a", 16, .set([7], part: 0, of: 2), [2, 6, 8].map(Self.unwanted))),
            // Nothing is missing if the digest says so.
            (4, .take("a", 18, .set([7], part: 0, of: 2), [])), (4, .take("a", 19, .set([1], part: 1, of: 3), [])),
            (4, .take("a", 20, .renew([7, 9]), [])), (4, .take("a", 19, .set([1], part: 1, of: 2), [])),
            (4, .take("a", 21, .set([7], part: 0, of: 2), [])), (4, .take("a", 23, .renew([7]), [Self.resync("a")])),
        ])
    }

    @Test func `a new process of a node replaces the former one, and no late message of that counts`() {
        let table = Self.walk([
            (0, .process(5, "a", 1, .set([1, 2]), [Self.wanted(1), Self.wanted(2)])),
            (1, .process(6, "a", 1, .set([2, 3]), [Self.unwanted(1), Self.wanted(3)])),
            (1, .process(5, "a", 2, .want([4]), [])), (1, .process(5, "a", 3, .leave, [])),
            // Its first set is lost.
            (2, .process(7, "a", 2, .want([4]), [Self.wanted(4), Self.resync("a", 7)])),
            (2, .process(7, "a", 3, .set([4]), [Self.unwanted(2), Self.unwanted(3)])),
            // Its clock was put back: it is heard as soon as the former one is forgotten.
            (3, .tick([])), (4, .process(1, "a", 1, .set([5]), [])), (5, .tick([Self.unwanted(4)])),
            (5, .process(1, "a", 2, .renew([5]), [Self.resync("a", 1)])),
            (5, .process(1, "a", 3, .set([5]), [Self.wanted(5)])),
        ])
        #expect(table.relayCount == 1)
    }

    @Test func `a new leader believes what the log knows until it must have heard all relays`() {
        Self.walk([
            (0, .take("a", 1, .set([1]), [Self.wanted(1)])),
            (1, .adopt([1, 2, 3, 4], 4)), (1, .due(3)),
            // It learns how to ask for a topic, though somebody is believed to want it.
            (1, .take("b", 1, Self.asked(2, "q"), [Self.wanted(2, "q")])),
            (1.5, .take("a", 2, .release([1]), [])), (1.6, .take("a", 3, .want([1, 3]), [Self.wanted(3)])),
            (2, .take("a", 4, .release([3]), [])),
            (3, .take("b", 2, .release([2]), [])), (3, .take("a", 5, .renew([1]), [])),
            (3, .tick([])), (3, .due(4)),
            (4, .tick([Self.unwanted(2), Self.unwanted(3), Self.unwanted(4)])), (4, .due(6)),
            // It leads again: what is believed is added to what was.
            (5, .take("a", 6, .renew([1]), [])), (5, .adopt([1, 5], 8)), (5, .adopt([6], 7)),
            (6, .take("a", 7, .leave, [])), (6, .tick([])), (8, .tick([1, 5, 6].map(Self.unwanted))),
            (8, .due(9)), (9, .tick([])), (9, .due(nil)),
        ])
    }

    @Test func `the first request for a topic stays, and one that comes later than none is told`() {
        let table = Self.walk([
            (0, .take("a", 1, .want([1]), [Self.wanted(1)])),
            (0, .take("b", 1, Self.asked(1, "q"), [Self.wanted(1, "q")])),
            (0, .take("c", 1, Self.asked(1, "q "), [])), (0, .take("a", 2, Self.asked(1, "other"), [])),
            (0, .take("b", 2, .release([1]), [])), (0, .take("a", 3, .release([1]), [])),
        ])
        #expect(table.wanted == [DemandedTopic(DemandSample.topic(1), DemandSample.request("q"))])
        #expect(table.requestBytes == 1)
    }

    @Test func `who can't hear takes silence for nothing`() {
        Self.walk([
            (0, .take("a", 1, .set([1]), [Self.wanted(1)])), (0, .adopt([2], 3)), (1, .disconnected), (1, .due(nil)),
            (9, .tick([])), (10, .reconnected), (10, .tick([])), (10, .due(13)), (12.9, .tick([])),
            (13, .tick([Self.unwanted(1), Self.unwanted(2)])),
            // A process that stood still didn't hear, either.
            (20, .take("a", 2, .set([1]), [Self.wanted(1)])), (29, .tick([])), (29, .due(32)),
            (32.5, .tick([Self.unwanted(1)])),
        ])
    }

    @Test func `relays beyond the limit are refused what nobody else wants`() {
        let table = Self.walk(
            limits: DemandLimits(relays: 2),
            [
                (0, .take("a", 1, .set([1]), [Self.wanted(1)])), (1, .take("b", 1, .set([]), [])),
                (1, .take("c", 1, .set([1, 2]), [Self.refused(2, .relays)])), (1, .take("c", 2, .renew([1, 2]), [])),
                (1, .take("c", 3, .release([1]), [])),
                (3, .tick([Self.unwanted(1)])), (3, .take("c", 4, .renew([2]), [Self.resync("c")])),
                (3, .take("c", 5, .set([2]), [Self.wanted(2)])),
            ]
        )
        #expect(table.relayCount == 2)
    }

    @Test func `topics beyond the limit are refused once, unless they are wanted anew`() {
        Self.walk(
            limits: DemandLimits(topics: 2),
            [
                (
                    0,
                    .take(
                        "a",
                        1,
                        .set([1, 2, 3, 4]),
                        [1, 2].map { Self.wanted($0) } + [3, 4].map { Self.refused($0, .topics) }
                    )
                ),
                // The digests can't become equal: asking is no use.
                (1, .take("a", 2, .renew([1, 2, 3, 4]), [])), (1, .take("a", 3, .set([1, 2, 3, 4]), [])),
                (1, .take("a", 4, .want([3]), [Self.refused(3, .topics)])),
                // All that want something count together.
                (1, .take("b", 1, .set([1, 5]), [Self.refused(5, .topics)])), (2, .take("b", 2, .renew([1, 5]), [])),
                (2, .take("a", 5, .release([1, 2]), [Self.unwanted(2)])),
                (2, .take("a", 6, .renew([3, 4]), [Self.resync("a")])),
                (2, .take("a", 7, .set([3, 4]), [Self.wanted(3), Self.refused(4, .topics)])),
                (2, .take("a", 8, .renew([3, 4]), [])),
                (2, .take("a", 9, .release([3]), [Self.unwanted(3)])),
                // Now there is room: the next set or wish finds it.
                (2, .take("b", 3, .set([1, 5]), [Self.wanted(5)])),
                (2, .take("b", 4, .leave, [Self.unwanted(1), Self.unwanted(5)])),
                (2, .take("a", 10, .want([4]), [Self.wanted(4)])),
                (2, .take("a", 11, .leave, [Self.unwanted(4)])),
            ]
        )
    }

    @Test func `all relays' topics together have a limit, and so have the requests`() {
        var table = Self.walk(
            limits: DemandLimits(places: 3),
            [
                (0, .take("a", 1, .set([1, 2]), [Self.wanted(1), Self.wanted(2)])),
                (0, .take("b", 1, .set([1, 2, 3]), [Self.refused(3, .topics)])),
                (1, .take("b", 2, .renew([1, 2, 3]), [])), (1, .take("a", 2, .leave, [Self.unwanted(2)])),
                (2, .take("b", 3, .renew([1, 2, 3]), [Self.resync("b")])),
                (2, .take("b", 4, .set([1, 2, 3]), [Self.wanted(2), Self.wanted(3)])),
            ]
        )
        #expect(table.wanted.count == 3)
        table = Self.walk(
            limits: DemandLimits(requestBytes: 3),
            [
                (0, .take("a", 1, Self.asked(1, "qq"), [Self.wanted(1, "qq")])),
                (0, .take("a", 2, Self.asked(2, "rr"), [Self.refused(2, .requestBytes)])),
                (0, .take("a", 3, .renew([1, 2]), [])), (0, .take("b", 1, Self.asked(1, "qqqq"), [])),
                (0, .take("b", 2, Self.asked(3, "s"), [Self.wanted(3, "s")])),
                (0, .take("b", 3, .leave, [Self.unwanted(3)])), (0, .take("a", 4, .release([1]), [Self.unwanted(1)])),
                (0, .take("b", 4, Self.asked(2, "r"), [Self.wanted(2, "r")])),
                (0, .take("a", 5, .release([2]), [])), (0, .take("b", 5, .release([2]), [Self.unwanted(2)])),
            ]
        )
        #expect(table.wanted.isEmpty && table.requestBytes == 0 && table.counts.refusals == 1)
    }

    @Test func `a topic that has ended is told again as soon as somebody wants another one`() {
        var table = DemandTable(timing: DemandSample.timing)
        func want(_ node: String, _ counter: UInt64) -> [Action] {
            let report = DemandReport(relay: DemandSample.relay(node), counter: counter, Self.asked(1, "r"))
            return table.take(report, isLeader: true, now: .zero)
        }
        #expect(want("a", 1) == [Self.wanted(1, "r")])
        #expect(want("b", 1) == [])
        table.drop(DemandSample.topic(1))
        #expect(want("a", 2) == [Self.wanted(1, "r")])
        #expect(want("a", 3) == [])
    }
}
