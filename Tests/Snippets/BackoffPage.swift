import Backoffs

/// The code of the landing page of `Backoff`.
enum BackoffPage {
    struct InvalidPassword: Error {}
    struct LinkLost: Error {}

    static func retryCall(_ fetch: () async throws -> String) async throws -> String {
        // snippet
        let brief = Backoff.exponential(max: .seconds(10)).limited(tries: 5)
        let answer = try await retry(brief) { try await fetch() }
        // end
        return answer
    }

    static func keepAlive(
        _ openFeed: @escaping @Sendable () async throws -> AsyncThrowingStream<Int, any Error>,
        show: (String) -> Void
    ) async {
        // snippet
        for await event in restarting(with: .exponential(max: .seconds(30)), { try await openFeed() }) {
            switch event {
            case .next(let price): show("\(price)")
            case .interrupted(let reason): show("interrupted: \(reason.error)")
            case .resumed: show("resumed")
            case .ended(let end): show("over: \(end)")
            }
        }
        // end
    }

    static func waits() -> [Backoff] {
        // snippet
        let listed = Backoff(waits: [.milliseconds(100), .seconds(1), .seconds(10)])
        let own = Backoff(waits: .sequence(stride(from: 1, through: 9, by: 2).map { Duration.seconds($0) }))
        // end
        return [listed, own]
    }

    static func limits() -> Backoff {
        // snippet
        let careful = Backoff.fibonacci(max: .seconds(30))
            .jittered(.random)
            .limited(tries: 8)
            .limited(time: .seconds(120))
            .givingUp { $0 is InvalidPassword }
        // end
        return careful
    }

    static func share(
        _ openFeed: @escaping @Sendable () async throws -> AsyncThrowingStream<Int, any Error>
    ) -> some AsyncSequence {
        // snippet
        let shared = restarting(with: Backoff(), isFree: { $0 is LinkLost }) { try await openFeed() }
        // end
        return shared
    }

    static func hints() -> Backoff {
        // snippet
        let polite = Backoff.exponential(max: .seconds(60)).hinted(max: .seconds(300))
        // end
        return polite
    }

    static func texts() throws -> [Backoff] {
        // snippet
        let texts = [
            "exponential(base: 2, factor: 250ms, max: 60s) jitter: full tries: unlimited",
            "exponential(max: 60s) tries: 5 time: 2m",
            "constant(500ms) jitter: none",
            "fibonacci(max: 30s)",
            "decay(initial: 10s, min: 1s)",
            "[100ms, 1s, 10s]",
            "hint(max: 5m) or exponential(max: 60s) tries: 5",
            "off",
        ]
        let backoffs = try texts.map(Backoff.init(parsing:))
        // end
        return backoffs
    }
}
