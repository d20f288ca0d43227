import GraphQLSession
import Logging
import Testing

@testable import FanoutRelay

struct UpstreamOutageTests {
    private static let refused = LinkFailure.unreachable(reason: "connection refused")
    private static let lost = LinkFailure.lost(reason: "")

    @Test func `an outage is one warning for each cause, and a summary of all`() {
        var outage = UpstreamOutage()
        outage.dialled()
        #expect(outage.ended(at: .seconds(1)) == nil)
        #expect(outage.failed(Self.lost, at: .seconds(10)) == true)
        for _ in 1...3 { outage.interruptedTopic() }
        for attempt in 1...20 {
            outage.dialled()
            #expect(outage.failed(Self.refused, at: .seconds(10 + attempt)) == (attempt == 1))
        }
        outage.dialled()
        let summary = outage.ended(at: .seconds(40))
        #expect(
            summary
                == UpstreamOutage.Summary(
                    time: .seconds(30),
                    attempts: 21,
                    first: Self.lost,
                    last: Self.refused,
                    topics: 3
                )
        )
        #expect(
            summary?.metadata.mapValues { "\($0)" } == [
                "lasted_ms": "30000", "attempts": "21", "topics": "3", "first_reason": "\(Self.lost)",
                "last_reason": "\(Self.refused)",
            ]
        )
    }

    @Test func `the next outage begins anew`() {
        var outage = UpstreamOutage()
        #expect(outage.failed(Self.lost, at: .zero) == true)
        outage.interruptedTopic()
        outage.dialled()
        #expect(outage.ended(at: .seconds(1))?.topics == 1)
        #expect(outage.failed(Self.lost, at: .seconds(2)) == true)
        outage.dialled()
        let summary = outage.ended(at: .seconds(3))
        #expect(summary.map { "\($0.metadata["reason"], default: "none")" } == "\(Self.lost)")
        #expect(summary.map { [$0.attempts, $0.topics] } == [1, 0])
    }

    @Test func `a long outage is told of again, each time after twice as long, and at least once an hour`() {
        var outage = UpstreamOutage()
        let told = (0..<100_000).filter { outage.failed(Self.refused, at: .seconds($0)) }
        let pauses = zip(told.dropFirst(), told).map { $0 - $1 }
        #expect(pauses.prefix(7) == [60, 120, 240, 480, 960, 1920, 3600])
        #expect(pauses.dropFirst(6).allSatisfy { $0 == 3600 } && pauses.count > 20)
    }

    @Test func `a server with a new reason each time fills no log`() {
        var outage = UpstreamOutage()
        let told = (0..<50).filter { outage.failed(.lost(reason: "\($0)"), at: .milliseconds($0)) }
        #expect(told == Array(0..<UpstreamOutage.mostCauses))
    }
}
