import Backoffs
import GraphQLSession

/// The code in the doc comments of `Backoff`.
enum BackoffComments {
    struct Settings: Sendable {
        var tries: Int?
        var patience: Duration?
    }

    struct Log: Sendable {
        var info: @Sendable (String) -> Void
        var error: @Sendable (String) -> Void
    }

    struct LinkLost: Error {}

    struct Report: Sendable {
        var isComplete: Bool
    }

    struct Screen {
        var show: (Int) -> Void
        var markStale: (any Error) -> Void
        var markFresh: () -> Void
        var report: (StreamEnd) -> Void
    }

    static func values() throws -> [Backoff] {
        // snippet
        let patient = Backoff()  // 1 s, 2 s, 4 s … 60 s, with full jitter, for ever
        let brief = Backoff.constant(.milliseconds(200)).limited(tries: 5)
        let own = Backoff(waits: [.seconds(1), .seconds(5), .seconds(30)], jitter: .none)
        let typed = try Backoff(parsing: "exponential(max: 60s) jitter: full tries: 5")
        // end
        return [patient, brief, own, typed]
    }

    static func limits(_ settings: Settings) -> Backoff {
        // snippet
        let tuned = Backoff().limited(tries: { settings.tries }).limited(time: { settings.patience })
        // end
        return tuned
    }

    static func handlers(_ patient: Backoff, _ log: Log) -> Backoff {
        // snippet
        let logged = patient.observed(
            onRetry: { log.info("try \($0.tries) failed") },
            onGiveUp: { _ in log.error("gave up") }
        )
        // end
        return logged
    }

    static func fatalErrors(_ patient: Backoff) -> Backoff {
        // snippet
        let careful = patient.givingUp { $0 is QueryError }
        // end
        return careful
    }

    static func hints() -> [Backoff] {
        struct Refusal: Error {
            var secondsToWait: Int?
        }
        // snippet
        let polite = Backoff().hinted()
        let own = Backoff().hinted(max: .seconds(300)) { ($0 as? Refusal)?.secondsToWait.map { .seconds($0) } }
        // end
        return [polite, own]
    }

    // snippet
    struct Refusal: RetryHinting {
        var status: Int
        var retryAfter: Duration?
    }
    // end

    static func retryCall(_ session: PermanentSession, _ query: GraphQLRequest) async throws -> ExecutionResult {
        // snippet
        let country = try await retry(.exponential(max: .seconds(10)).limited(tries: 5)) {
            try await session.execute(query)
        }
        // end
        return country
    }

    static func retryUntil(_ fetchReport: () async throws -> Report, showProgress: (Report) -> Void) async throws {
        // snippet
        let report = try await retry(.constant(.seconds(2)).limited(time: .seconds(60)), until: { $0.isComplete }) {
            try await fetchReport()
        }
        if !report.isComplete { showProgress(report) }
        // end
    }

    static func retryWhile(_ nextJob: () async throws -> String?) async throws -> String? {
        // snippet
        let job = try await retry(.exponential(max: .seconds(5)), while: { $0 == nil }) {
            try await nextJob()
        }
        // end
        return job
    }

    static func keepAlive(
        _ openPrices: @escaping @Sendable () async throws -> AsyncStream<Int>,
        _ screen: Screen
    ) async {
        // snippet
        let prices = restarting(with: Backoff().limited(tries: 10)) {
            try await openPrices()
        }
        for await event in prices {
            switch event {
            case .next(let price): screen.show(price)
            case .interrupted(let reason): screen.markStale(reason.error)
            case .resumed: screen.markFresh()
            case .ended(let end): screen.report(end)
            }
        }
        // end
    }

    static func share(_ openPrices: @escaping @Sendable () async throws -> AsyncStream<Int>) -> some AsyncSequence {
        // snippet
        let shared = restarting(isFree: { $0 is LinkLost }) { try await openPrices() }
        // end
        return shared
    }

    static func schedule(
        _ backoff: Backoff,
        after error: any Error,
        at now: Duration,
        arm: (Duration) -> Void,
        close: (GiveUpReason) -> Void
    ) {
        var generator = SystemRandomNumberGenerator()
        // snippet
        var schedule = BackoffSchedule(backoff, startingAt: now)
        switch schedule.failed(error, at: now, using: &generator) {
        case .retry(let wait): arm(wait)
        case .giveUp(let reason): close(reason)
        }
        // end
    }

    static func waits() -> [Duration] {
        // snippet
        let first = Array(Backoff.Waits.exponential(max: .seconds(5)).prefix(5))  // 1 s, 2 s, 4 s, 5 s, 5 s
        // end
        return first
    }
}
