import Backoffs
import GraphQLTransport
import Testing

@testable import GraphQLSession

/// Every close code in every moment of a link, for an hour, against a server that never does anything else.
struct CloseCodeMatrixTests {
    enum Moment: CaseIterable, Sendable {
        case atConnect
        case beforeAcknowledgement
        case afterAcknowledgement
        case afterStaying
    }

    private static let codes = Array(UInt16(1000)...1014) + Array(UInt16(4400)...4504)
    private static let pausing: Set<UInt16> = [1003, 1004, 1007, 1008, 1009, 1010, 4400, 4401, 4403, 4406, 4409, 4429]
    private static let hour = Duration.seconds(3_600)

    /// The moments of all the attempts of the first hour; nil if the session ended.
    private func attempts(_ code: UInt16, _ moment: Moment, jitter: Backoff.Jitter) -> [Duration]? {
        var configuration = SessionConfiguration()
        configuration.retryConnect.jitter = jitter
        var machine = LinkMachine(configuration, now: .zero)
        let failure = LinkFailure.closed(code: CloseCode(rawValue: code), reason: "")
        var attempts: [Duration] = []
        var now = Duration.zero
        var action = machine.start(at: now)
        while now < Self.hour, attempts.count < 10_000 {
            guard action == .dial else { return nil }
            attempts.append(now)
            if moment != .atConnect {
                _ = machine.opened(subprotocol: "graphql-transport-ws", initPayload: nil, at: now)
            }
            if moment == .afterAcknowledgement || moment == .afterStaying {
                _ = machine.received(Array(Wire.acknowledgement.utf8).span, isText: true, at: now)
            }
            if moment == .afterStaying { now += configuration.stableAfter }
            guard case .lost(failure, let wait) = machine.failed(failure, at: now), machine.deadline == now + wait
            else {
                return nil
            }
            now += wait
            action = machine.tick(at: now)
        }
        return attempts
    }

    @Test(arguments: Moment.allCases)
    func `a permanent session stays, waits as documented and never spins`(moment: Moment) throws {
        for code in Self.codes {
            let attempts = try #require(self.attempts(code, moment, jitter: .none), "\(code) ended it")
            let gaps = zip(attempts.dropFirst(), attempts).prefix(8).map { ($0 - $1) / .seconds(1) }
            let wasAcknowledged = moment == .afterAcknowledgement || moment == .afterStaying
            // What ends an acknowledged link isn't the fault of the next one, except for credentials.
            let isPausing = Self.pausing.contains(code) && (!wasAcknowledged || code == 4401 || code == 4403)
            switch moment {
            case .afterStaying where code == 4401 || code == 4403:
                // Each link stays, and each has its one attempt.
                #expect(gaps == Array(repeating: 10, count: 8), "\(code)")
                #expect(attempts.count == 360, "\(code)")
            case .afterStaying:
                #expect(gaps == Array(repeating: isPausing ? 70 : 11, count: 8), "\(code)")
                #expect(attempts.count == (isPausing ? 52 : 328), "\(code)")
            case .atConnect, .beforeAcknowledgement, .afterAcknowledgement:
                #expect(gaps == (isPausing ? Array(repeating: 60, count: 8) : [1, 2, 4, 8, 16, 32, 60, 60]), "\(code)")
                #expect(attempts.count == (isPausing ? 60 : 65), "\(code)")
            }
        }
    }

    @Test(arguments: Moment.allCases)
    func `with full jitter it doesn't spin either`(moment: Moment) throws {
        let most = moment == .afterStaying ? 361 : 250
        for code in Self.codes {
            let attempts = try #require(self.attempts(code, moment, jitter: .full), "\(code) ended it")
            #expect((40...most).contains(attempts.count), "\(code): \(attempts.count)")
        }
    }
}
