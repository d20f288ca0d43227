import Backoffs
import GraphQLTransport
import Testing

@testable import GraphQLSession

/// What a link costs, and earns, of `retryConnect`.
struct LinkBudgetTests {
    private let unreachable = LinkFailure.unreachable(reason: "down")
    private let lost = LinkFailure.lost(reason: "")

    @Test func `C15 a link that stays renews the budget of tries, the upgrade alone doesn't`() {
        var transcript = Transcript { $0.retryConnect.maxTries = 2 }
        transcript.expect([(0, .start, .dial)])
        for round in 0..<5 {
            let start = Double(round * 20)
            transcript.expect([
                (start + 1, .upgraded, .sendInit), (start + 2, .acknowledgement, .acknowledged),
                (start + 12, .closed(1001), .retry(closed: 1001, 1)), (start + 13, .tick, .dial),
            ])
        }
        transcript.expect([
            (101, .upgraded, .sendInit), (102, .acknowledgement, .acknowledged),
            (112, .closed(1001), .retry(closed: 1001, 1)), (113, .tick, .dial), (114, .upgraded, .sendInit),
            (115, .failed(lost), .retry(lost, 2)), (117, .tick, .dial),
            (118, .upgraded, .sendInit), (119, .failed(lost), .ended(lost)),
        ])
    }

    @Test func `C15 an acknowledgement followed by a close backs off, and the tries end it`() {
        var transcript = Transcript { $0.retryConnect.maxTries = 4 }
        transcript.expect([
            (0, .start, .dial),
            (0, .upgraded, .sendInit), (0, .acknowledgement, .acknowledged),
            (0, .closed(1001), .retry(closed: 1001, 1)),
            (1, .tick, .dial), (1, .upgraded, .sendInit), (1, .acknowledgement, .acknowledged),
            (10.9, .closed(1001), .retry(closed: 1001, 2)), (12.9, .tick, .dial),
            (12.9, .upgraded, .sendInit), (12.9, .acknowledgement, .acknowledged),
            (13, .failed(lost), .retry(lost, 4)), (17, .tick, .dial),
            (17, .upgraded, .sendInit), (17, .acknowledgement, .acknowledged), (26.9, .failed(lost), .ended(lost)),
        ])
    }

    @Test(arguments: [(Duration.seconds(3), 2.9, 2.0), (.seconds(3), 3, 1), (.zero, 0, 1), (.seconds(60), 59, 2)])
    func `a link lost before it has stayed goes on with the waits, one lost after begins with the first`(
        stableAfter: Duration,
        age: Double,
        wait: Double
    ) {
        var transcript = Transcript { $0.stableAfter = stableAfter }
        transcript.expect([
            (0, .start, .dial), (0, .failed(unreachable), .retry(unreachable, 1)), (1, .tick, .dial),
            (1, .upgraded, .sendInit), (1, .acknowledgement, .acknowledged),
            (1 + age, .failed(lost), .retry(lost, wait)),
        ])
    }

    @Test func `a back-off that is off makes one attempt at first, and one at once after each link that stayed`() {
        var transcript = Transcript { $0.retryConnect = .off }
        transcript.expect([(0, .start, .dial)])
        for second in [0.0, 10, 20] {
            transcript.expect([
                (second, .upgraded, .sendInit), (second, .acknowledgement, .acknowledged),
                (second + 10, .failed(lost), .retry(lost, 0)), (second + 10, .tick, .dial),
            ])
        }
        transcript.expect([(31, .failed(unreachable), .ended(unreachable)), (99, .tick, .none)])
        transcript = Transcript { $0.retryConnect = .off }
        transcript.expect([(0, .start, .dial), (1, .failed(unreachable), .ended(unreachable))])
    }

    @Test func `a back-off that is off ends with a link that didn't stay`() {
        var transcript = Transcript { $0.retryConnect = .off }
        transcript.expect([
            (0, .start, .dial), (0, .upgraded, .sendInit), (0, .acknowledgement, .acknowledged),
            (9.9, .failed(lost), .ended(lost)),
        ])
    }

    @Test func `C15 the time of a budget begins with the outage`() {
        var transcript = Transcript { $0.retryConnect.maxTime = .seconds(10) }
        // Made at 0, started late: waiting to be started costs nothing.
        transcript.expect([
            (1_000, .start, .dial), (1_001, .failed(unreachable), .retry(unreachable, 1)), (1_002, .tick, .dial),
            (1_002, .upgraded, .sendInit), (1_002, .acknowledgement, .acknowledged),
            // A link of an hour doesn't use the budget up.
            (4_602, .closed(1001), .retry(closed: 1001, 1)), (4_603, .tick, .dial),
            (4_612, .failed(unreachable), .ended(unreachable)),
        ])
    }

    @Test(arguments: [4401, 4403] as [UInt16], [Duration.seconds(60), nil])
    func `a link that had stayed and ends by its credentials has one attempt at once, then the pause or the end`(
        code: UInt16,
        pause: Duration?
    ) {
        var transcript = Transcript { $0.fatalPause = pause }
        let refused = LinkFailure.closed(code: CloseCode(rawValue: code), reason: "")
        transcript.expect([(0, .start, .dial)])
        for second in [0.0, 10] {
            transcript.expect([
                (second, .upgraded, .sendInit), (second, .acknowledgement, .acknowledged),
                (second + 10, .closed(code), .retry(refused, 0)), (second + 10, .tick, .dial),
            ])
        }
        // The new link is refused before it is acknowledged, or soon after: that was the one attempt.
        transcript.expect([(20, .upgraded, .sendInit)])
        guard pause != nil else { return transcript.expect([(20, .closed(code), .ended(refused))]) }
        transcript.expect([
            (20, .closed(code), .retry(refused, 60)), (79.9, .tick, .none), (80, .tick, .dial),
            (80, .upgraded, .sendInit), (80, .acknowledgement, .acknowledged),
            (89, .closed(code), .retry(refused, 60)), (149, .tick, .dial),
        ])
    }

    @Test func `a code of credentials that is made to be retried waits as the back-off says`() {
        var transcript = Transcript { $0.closeCodes[.unauthorized] = .retry }
        transcript.expect([
            (0, .start, .dial), (0, .upgraded, .sendInit), (0, .acknowledgement, .acknowledged),
            (10, .closed(4401), .retry(closed: 4401, 1)), (11, .tick, .dial), (11, .upgraded, .sendInit),
            (11, .closed(4401), .retry(closed: 4401, 2)),
        ])
    }

    @Test(arguments: [(401, .unauthorized), (403, .forbidden)] as [(Int, CloseCode)])
    func `an HTTP answer that refuses the credentials counts like the close code, and other answers don't`(
        status: Int,
        code: CloseCode
    ) {
        let refused = LinkFailure.unreachable(reason: "answers \(status)", status: status)
        let busy = LinkFailure.unreachable(reason: "answers 503", status: 503)
        var transcript = Transcript()
        transcript.expect([
            (0, .start, .dial), (0, .failed(refused), .retry(refused, 60)), (60, .tick, .dial),
            (60, .failed(busy), .retry(busy, 2)), (62, .tick, .dial),
        ])
        transcript = Transcript { $0.closeCodes[code] = .retry }
        transcript.expect([(0, .start, .dial), (0, .failed(refused), .retry(refused, 1))])
        transcript = Transcript { $0.fatalPause = nil }
        transcript.expect([(0, .start, .dial), (0, .failed(refused), .ended(refused))])
    }

    @Test func `a legacy server's refusal of the init counts like 4403`() {
        var transcript = Transcript()
        let reason = "connection_error: who are you?"
        transcript.expect([
            (0, .start, .dial), (0, .opened("graphql-ws"), .sendInit),
            (
                0, .text(#"{"type":"connection_error","payload":{"message":"who are you?"}}"#),
                .retry(.dropped(code: .forbidden, reason: reason), 60)
            ),
        ])
    }

    @Test(arguments: [
        // asked for, shortest and longest wait; the back-off's first is 1 s
        (0, 1, 1), (1, 1, 2), (5, 5, 6), (100, 100, 110), (3_600, 3_600, 3_960), (1_000_000, 3_600, 3_960),
    ])
    func `Retry-After is the least wait, up to an hour, and spread`(asked: Int, least: Int, most: Int) {
        let range = Duration.seconds(least)...Duration.seconds(most)
        var waits: Set<Duration> = []
        for _ in 0..<20 {
            var transcript = Transcript()
            let busy = LinkFailure.unreachable(reason: "", status: 503, retryAfter: .seconds(asked))
            _ = transcript.feed(.start, at: 0)
            guard case .lost(busy, let wait) = transcript.feed(.failed(busy), at: 0) else {
                Issue.record("not lost")
                return
            }
            #expect(range.contains(wait))
            waits.insert(wait)
        }
        if asked > 0 { #expect(waits.count > 1) }
    }

    @Test func `a back-off that follows hints bounds Retry-After by its own rules`() {
        var transcript = Transcript {
            $0.retryConnect = $0.retryConnect.hinted(max: .seconds(20), jitter: .none)
        }
        let busy = LinkFailure.unreachable(reason: "", status: 429, retryAfter: .seconds(100))
        transcript.expect([(0, .start, .dial), (0, .failed(busy), .retry(busy, 20))])
    }

    @Test func `Retry-After shortens neither the back-off nor the pause`() {
        let busy = LinkFailure.unreachable(reason: "", status: 401, retryAfter: .seconds(10))
        var transcript = Transcript()
        transcript.expect([(0, .start, .dial), (0, .failed(busy), .retry(busy, 60))])
    }
}
