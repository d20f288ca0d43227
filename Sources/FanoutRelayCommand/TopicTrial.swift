internal import AllowedDocuments
internal import Fanout
import FanoutRelay
import GraphQLSession
import GraphQLTransport

/// An operation of a topic or an allowed document that is started at the server and completed again.
struct TopicTrial {
    /// What an operation belongs to.
    enum Source: String {
        case topic, document

        /// The flag that gave it.
        var option: String { self == .topic ? "--topic" : "--allow-document" }
    }

    /// An operation to try.
    struct Candidate {
        let source: Source
        let name: String
        let request: GraphQLRequest

        init(_ topic: TopicDefinition) throws {
            source = .topic
            name = topic.name
            request = try topic.request()
        }

        /// Nil for a mutation, and for a document that needs a claim or a client's variables.
        init?(_ document: AllowedDocument) {
            guard document.kind != .mutation, document.claims.isEmpty, document.needsNoVariables,
                let operation = try? document.compose(nil, { _ in nil })
            else { return nil }
            source = .document
            name = document.name
            request = operation.request
        }
    }

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

    var source = Source.topic
    let name: String
    let outcome: Outcome

    private var title: String { "\(source.rawValue) \(name)" }

    /// Whether a relay could serve it.
    var isAccepted: Bool {
        if case .refused = outcome { return false }
        return true
    }

    /// Its line of the report.
    var line: String {
        switch outcome {
        case .event(let time): "\(title): a first event after \(time)"
        case .quiet(let time): "\(title): accepted, no event within \(time)"
        case .completed: "\(title): accepted, and completed by the server"
        case .refused(let errors): "\(title): refused: \(errors)"
        }
    }

    /// Tries all at once; the outcomes are in their order.
    ///
    /// - Throws: `SessionError` when the link ends meanwhile.
    static func run(
        _ candidates: [Candidate],
        on session: PermanentSession,
        for timeout: Duration
    ) async throws -> [TopicTrial] {
        try await withThrowingTaskGroup(of: (Int, Outcome).self) { group in
            for (index, candidate) in candidates.enumerated() {
                let request = candidate.request
                group.addTask { (index, try await outcome(of: request, on: session, within: timeout)) }
            }
            var outcomes: [Int: Outcome] = [:]
            for try await (index, outcome) in group { outcomes[index] = outcome }
            return candidates.enumerated().compactMap { index, candidate in
                outcomes[index].map { TopicTrial(source: candidate.source, name: candidate.name, outcome: $0) }
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
                var results = subscription.payloads.makeAsyncIterator()
                do {
                    guard let payload = try await results.next() else { return .completed }
                    return errors(in: Array(payload.bytes)).map { .refused($0) }
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
