import Testing

@testable import EventLog

/// A standby goes on from the one place that neither time nor any payload speaks against.
struct StandbyFeedTests {
    /// What happens; each letter is a payload.
    enum Step {
        case proven
        case feed(String)
        case log(String)
        case gap
        case status(OperationStatus)
        case term
        case interrupted
        case restarted
    }

    static let limits = StandbyLimits(lease: .seconds(2))

    /// Plays steps at their seconds since the operation was sent, with a beat of the leader each half second, but not
    /// while it is silent.
    static func play(
        _ steps: [(Double, Step)],
        until end: Double,
        silence: Range<Double>? = nil,
        limits: StandbyLimits = limits
    ) -> StandbyFeed {
        var feed = StandbyFeed(limits: limits, leaderStatus: .live, now: .zero)
        let beats = stride(from: 0.25, through: end, by: 0.5).filter { silence?.contains($0) != true }
        let times = (steps.map(\.0) + beats).sorted()
        var next = 0
        for time in times {
            let now = Duration.seconds(time)
            guard next < steps.count, steps[next].0 == time else {
                feed.heard(now: now)
                continue
            }
            switch steps[next].1 {
            case .proven: feed.proven(now: now)
            case .feed(let letters): feed.received(payloads(letters), now: now)
            case .log(let letters):
                feed.logged(payloads(letters), now: now)
                feed.heard(now: now)
            case .gap:
                feed.loggedGap(now: now)
                feed.heard(now: now)
            case .status(let status):
                feed.logged(status, now: now)
                feed.heard(now: now)
            case .term: feed.termBegan(now: now)
            case .interrupted: feed.interrupted()
            case .restarted: feed.restarted(now: now)
            }
            next += 1
        }
        return feed
    }

    static func payloads(_ letters: String) -> EventPayloads {
        var payloads = EventPayloads()
        for letter in letters.utf8 { payloads.append(CollectionOfOne(letter)) }
        return payloads
    }

    @Test(
        arguments: [
            // Nothing happens: the log lacks nothing, once the operation is known to run for long enough.
            ([(0, .proven)], 3, .found(0)),
            ([(0, .proven)], 1.5, .pending(.young)),
            ([], 9, .pending(.young)),
            ([(0, .feed("a")), (0.1, .log("a"))], 3, .found(1)),
            ([(0, .proven), (3, .feed("abc"))], 3, .found(0)),
            ([(0, .proven), (3, .feed("abc")), (3.1, .log("a"))], 3.2, .found(1)),
            ([(0, .proven), (3, .log("ab")), (3.1, .feed("a"))], 3.2, .pending(.behind)),
            // What had happened before the operation began is told by payloads, or by time.
            ([(0, .proven), (0.1, .log("xyab")), (0.2, .feed("ab")), (2, .feed("c"))], 2.4, .found(2)),
            ([(0, .proven), (0.1, .log("xy"))], 2, .pending(.young)),
            ([(0, .proven), (0.1, .log("xy"))], 2.4, .found(0)),
            ([(0, .proven), (0.1, .log("xy")), (2.2, .feed("x"))], 2.4, .found(0)),
            // Payloads that are alike leave several places, until one of them differs or time has passed.
            ([(0, .proven), (0.1, .log("aaa")), (0.2, .feed("aa"))], 2, .pending(.young)),
            ([(0, .proven), (0.1, .log("aaa")), (1, .feed("aa"))], 2.3, .none(.ambiguous)),
            ([(0, .proven), (0.1, .log("aaa")), (1, .feed("aa")), (2, .log("b"))], 2.3, .pending(.ambiguous)),
            (
                [(0, .proven), (0.1, .log("aaa")), (1, .feed("aa")), (2, .log("b")), (2.2, .feed("b"))], 2.3,
                .none(.ambiguous)
            ),
            (
                [(0, .proven), (0.1, .log("aaa")), (1, .feed("aa")), (2, .log("b")), (2.2, .feed("b"))], 3.5,
                .found(3)
            ),
            ([(0, .proven), (0.1, .log("aaa")), (1, .feed("aa"))], 5, .found(2)),
            ([(0, .proven), (1, .log("aaa")), (1.1, .feed("aaa"))], 2.3, .none(.ambiguous)),
            ([(0, .proven), (3, .feed("aaa")), (3.1, .log("aa"))], 3.2, .found(2)),
            // A payload in the log that didn't come, in its place another.
            ([(0, .proven), (3, .feed("abc")), (3.1, .log("ax"))], 3.2, .none(.different)),
        ] as [([(Double, Step)], Double, FeedPlace)]
    )
    func `the place is found by payloads and by time`(steps: [(Double, Step)], end: Double, expected: FeedPlace) {
        var feed = Self.play(steps, until: end)
        #expect(feed.align(tail: nil, now: .seconds(end)) == expected)
        #expect(feed.needsRestart == (expected == .none(.different)))
    }

    @Test(
        arguments: [
            // The leader died before it logged anything else: what it left out isn't lost.
            ([(3, .feed("abc")), (3.1, .log("a")), (4, .gap)], 4.1, .found(1)),
            ([(3, .feed("abc")), (3.1, .log("a")), (4, .gap), (5, .log("c"))], 5.1, .pending(.resuming)),
            ([(3, .feed("abc")), (3.1, .log("a")), (4, .gap), (5, .log("c"))], 7.1, .found(3)),
            ([(3, .feed("ab")), (3.1, .log("a")), (4, .gap), (4.5, .log("b")), (5, .feed("c"))], 6.6, .found(2)),
            ([(3, .feed("abc")), (3.1, .log("a")), (4, .gap), (5, .log("d"))], 5.1, .pending(.resuming)),
            ([(3, .feed("abc")), (3.1, .log("a")), (4, .gap), (5, .log("d")), (6, .feed("d"))], 7.1, .found(4)),
            // Several of these may be what it logged, until it had the time to log them all.
            (
                [(3, .feed("a")), (3.1, .log("a")), (4, .gap), (5, .feed("aa")), (5.2, .log("a"))], 7.2,
                .none(.ambiguous)
            ),
            ([(3, .feed("a")), (3.1, .log("a")), (4, .gap), (5, .feed("aa")), (5.2, .log("a"))], 7.3, .found(3)),
            // A gap before anything: the log's first payload may be any.
            ([(0.1, .gap), (0.2, .feed("ab")), (0.3, .log("b"))], 2.5, .found(2)),
            // A gap tells what is left out, so that a young operation may go on behind it, once it has all from before.
            ([(0.1, .gap), (0.2, .feed("ab"))], 1, .pending(.resuming)),
            ([(0.1, .gap), (0.2, .feed("ab"))], 2.2, .found(2)),
        ] as [([(Double, Step)], Double, FeedPlace)]
    )
    func `behind a gap of the log the place is looked for anew`(
        steps: [(Double, Step)],
        end: Double,
        expected: FeedPlace
    ) {
        var feed = Self.play([(0, .proven)] + steps, until: end)
        #expect(feed.align(tail: nil, now: .seconds(end)) == expected)
    }

    @Test(
        arguments: [
            // What a log says after it stood still is late, and so is what a new leader says.
            ([(0, .proven)], 3.5, 1..<3, .pending(.young)),
            ([(0, .proven)], 5.5, 1..<3, .found(0)),
            ([(0, .proven), (1, .term)], 2.9, nil, .pending(.young)),
            ([(0, .proven), (1, .term)], 3.5, nil, .found(0)),
            // A leader that gets nothing has nothing to log.
            ([(0, .proven), (1, .status(.interrupted))], 9, nil, .pending(.young)),
            ([(0, .proven), (1, .status(.interrupted)), (4, .status(.live))], 5, nil, .pending(.young)),
            ([(0, .proven), (1, .status(.interrupted)), (4, .status(.live))], 6.5, nil, .found(0)),
            // Who is silent from the start says nothing of what it has.
            ([(0, .proven)], 9, 0..<10, .pending(.young)),
            ([(0, .proven), (3, .interrupted)], 3.5, nil, .none(.interrupted)),
            ([(0, .proven), (3, .interrupted), (4, .log("a")), (5, .restarted)], 9, nil, .pending(.young)),
            ([(0, .proven), (3, .interrupted), (4, .log("a")), (5, .restarted), (6, .proven)], 9, nil, .found(0)),
        ] as [([(Double, Step)], Double, Range<Double>?, FeedPlace)]
    )
    func `an operation settles while its leader is heard`(
        steps: [(Double, Step)],
        end: Double,
        silence: Range<Double>?,
        expected: FeedPlace
    ) {
        var feed = Self.play(steps, until: end, silence: silence)
        #expect(feed.align(tail: nil, now: .seconds(end)) == expected)
    }

    @Test(
        arguments: [
            // Sixteen different ones, in one place, or nowhere yet.
            ("abcdefghijklmnop", "bacdefghijklmnopq", .pending(.different)),
            ("abcdefghijklmnop", "xabcdefghijklmnopq", .found(17)),
            ("abcdefghijklmnop", "xabcdefghijklmno", .pending(.different)),
            ("abcdefghijklmnop", "xabcdefghijklmnopqabcdefghijklmnop", .none(.ambiguous)),
            // Fewer, or the same one twice.
            ("abcdefghijklmno", "xabcdefghijklmnopq", .none(.different)),
            ("aacdefghijklmnop", "xaacdefghijklmnopq", .none(.different)),
        ] as [(String, String, FeedPlace)]
    )
    func `from a server that sends something else the newest payloads are looked for`(
        tail: String,
        feed letters: String,
        expected: FeedPlace
    ) {
        var feed = Self.play([(0, .proven), (3, .feed(letters)), (3.1, .log("?"))], until: 3.2)
        #expect(feed.align(tail: tail.utf8.map { [$0] }, now: .seconds(3.2)) == expected)
        #expect(feed.needsRestart)
    }
}
