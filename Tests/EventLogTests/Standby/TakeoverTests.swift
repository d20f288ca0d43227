import Testing

@testable import EventLog

/// Who leads from here on goes on exactly where the log ends, or tells a gap in time.
struct TakeoverTests {
    private static func takeover(_ steps: [(Double, StandbyFeedTests.Step)], at time: Double = 5) -> Takeover {
        Takeover(of: StandbyFeedTests.play(steps, until: time), tail: nil, now: .seconds(time))
    }

    private static func payloads(_ letters: String) -> EventPayloads { StandbyFeedTests.payloads(letters) }

    @Test(
        arguments: [
            ([(0, .proven)], .proceed(with: Self.payloads(""))),
            ([(0, .proven), (4, .feed("abc")), (4.1, .log("a"))], .proceed(with: Self.payloads("bc"))),
            ([(0, .proven), (4, .feed("a")), (4.1, .log("ab"))], .wait),
            // Time can't tell any more: nobody is heard.
            ([(4, .proven)], .gap(.young)),
            ([(0, .proven), (4, .interrupted)], .gap(.interrupted)),
            ([(2.5, .proven), (4, .log("aaa")), (4.1, .feed("aaa"))], .gap(.ambiguous)),
            ([(0, .proven), (4, .log("x")), (4.1, .feed("y"))], .gap(.different)),
        ] as [([(Double, StandbyFeedTests.Step)], Takeover.Decision)]
    )
    func `it decides at once where it can`(
        steps: [(Double, StandbyFeedTests.Step)],
        expected: Takeover.Decision
    ) {
        var takeover = Self.takeover(steps)
        #expect(takeover.decide(now: .seconds(5)) == expected)
        // An operation that isn't settled never will be.
        if expected == .gap(.young) { #expect(takeover.received(Self.payloads("a"), now: .seconds(5.5)) == expected) }
    }

    @Test func `it waits for what the log has`() {
        var takeover = Self.takeover([(0, .proven), (4, .feed("a")), (4.1, .log("abc"))])
        #expect(takeover.deadline == .seconds(6))
        #expect(takeover.received(Self.payloads("b"), now: .seconds(5.1)) == .wait)
        #expect(takeover.received(Self.payloads("cd"), now: .seconds(5.2)) == .proceed(with: Self.payloads("d")))
    }

    @Test func `it doesn't wait for ever`() {
        var takeover = Self.takeover([(0, .proven), (4.5, .feed("a")), (4.6, .log("abc"))])
        #expect(takeover.decide(now: .seconds(5.999)) == .wait)
        #expect(takeover.decide(now: .seconds(6)) == .gap(.behind))
    }

    @Test func `it gives up when the operation breaks or brings something else`() {
        let waiting = Self.takeover([(0, .proven), (4, .feed("a")), (4.1, .log("abc"))])
        var broken = waiting
        #expect(broken.interrupted(now: .seconds(5.1)) == .gap(.interrupted))
        #expect(broken.received(Self.payloads("bc"), now: .seconds(5.2)) == .gap(.interrupted))
        var different = waiting
        #expect(different.received(Self.payloads("x"), now: .seconds(5.1)) == .gap(.different))
    }

    @Test func `each reason is a sentence of its own`() {
        let texts = Set(AlignmentObstacle.allCases.map(\.description))
        #expect(texts.count == AlignmentObstacle.allCases.count)
        #expect(texts.allSatisfy { $0.hasPrefix("the leader changed") })
    }
}
