internal import Fanout
import FanoutRelay
import GraphQLSession
import GraphQLTransport

/// A topic's operation that is started at the server and completed again.
struct TopicTrial {
    /// How the server reacted.
    enum Outcome: Sendable, Equatable {
        /// A first result came after this time.
        case event(after: Duration)
        /// Nothing came in time, which is normal when events are rare.
        case quiet(Duration)
        /// The server completed it at once, without an error.
        case completed
        /// The server answered with these errors, on one line.
        case refused(String)
    }

    let name: String
    let outcome: Outcome

    /// Whether a relay could serve the topic.
    var isAccepted: Bool {
        if case .refused = outcome { return false }
        return true
    }

    /// The topic's line of the report.
    var line: String {
        switch outcome {
        case .event(let time): "topic \(name): a first event after \(time)"
        case .quiet(let time): "topic \(name): accepted, no event within \(time)"
        case .completed: "topic \(name): accepted, and completed by the server"
        case .refused(let errors): "topic \(name): refused: \(errors)"
        }
    }

    /// Tries all topics at once; the outcomes are in the order of the topics.
    ///
    /// - Throws: `SessionError` when the link ends meanwhile.
    static func run(
        _ topics: [TopicDefinition],
        on session: PermanentSession,
        for timeout: Duration
    ) async throws -> [TopicTrial] {
        try await withThrowingTaskGroup(of: (Int, Outcome).self) { group in
            for (index, topic) in topics.enumerated() {
                let request = try GraphQLRequest(
                    query: topic.document,
                    operationName: topic.operationName,
                    variables: topic.variables
                )
                group.addTask { (index, try await outcome(of: request, on: session, within: timeout)) }
            }
            var outcomes: [Int: Outcome] = [:]
            for try await (index, outcome) in group { outcomes[index] = outcome }
            return topics.enumerated().compactMap { index, topic in
                outcomes[index].map { TopicTrial(name: topic.name, outcome: $0) }
            }
        }
    }

    private static func outcome(
        of request: GraphQLRequest,
        on session: PermanentSession,
        within timeout: Duration
    ) async throws -> Outcome {
        let clock = ContinuousClock()
        let start = clock.now
        let subscription = try await session.subscribe(request)
        // The first task to finish decides. Cancelling the one that reads completes the operation.
        return try await withThrowingTaskGroup(of: Outcome?.self) { group in
            group.addTask {
                var results = subscription.makeAsyncIterator()
                do {
                    guard let batch = try await results.next(), let payload = batch.first else { return .completed }
                    return errors(in: Array(payload)).map { .refused($0) }
                        ?? .event(after: start.duration(to: clock.now))
                } catch {
                    switch error {
                    case let answer as QueryError: return .refused(oneLine(answer.rawErrors))
                    case SessionError.invalidResult, SessionError.tooLarge: return .refused("\(error)")
                    case is CancellationError: return nil
                    default: throw error
                    }
                }
            }
            group.addTask {
                try? await clock.sleep(for: timeout)
                return .quiet(timeout)
            }
            defer { group.cancelAll() }
            while let outcome = try await group.next() {
                if let outcome { return outcome }
            }
            return .quiet(timeout)
        }
    }

    /// The errors of a result without data: some servers refuse an operation like that.
    private static func errors(in payload: [UInt8]) -> String? {
        guard let response = try? GraphQLResponse.scan(payload: payload.span), let errors = response.errors,
            response.data.map({ payload[$0].elementsEqual("null".utf8) }) ?? true
        else { return nil }
        return oneLine(payload[errors])
    }

    private static func oneLine(_ bytes: some Collection<UInt8>) -> String {
        String(decoding: bytes.prefix(2000), as: UTF8.self).onOneLine
    }
}
