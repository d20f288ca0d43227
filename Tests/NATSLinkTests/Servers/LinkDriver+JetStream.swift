#if Cluster
import NATSLink

extension LinkDriver {
    /// Awaits what a call of the link's hands to its closure.
    func answer<Value: Sendable>(_ call: @Sendable (NATSLink, @escaping (Value) -> Void) -> Void) async throws -> Value
    {
        let link = try use { $0 }
        return await withCheckedContinuation { continuation in call(link) { continuation.resume(returning: $0) } }
    }

    func account(within limit: Duration) async throws -> AccountInfo {
        try await use { $0 }.accountInfo(within: limit)
    }

    func stream(_ name: String, within limit: Duration) async throws -> StreamInfo {
        try await use { $0 }.streamInfo(name, within: limit)
    }

    func create(_ configuration: StreamConfiguration, within limit: Duration) async throws -> StreamInfo {
        try await use { $0 }.createStream(configuration, within: limit)
    }

    /// All answers to a direct get.
    func get(
        _ question: DirectGet,
        of stream: String,
        within limit: Duration = .seconds(10)
    ) async throws -> [DirectAnswer] {
        let link = try use { $0 }
        return await withCheckedContinuation { continuation in
            var answers: [DirectAnswer] = []
            link.get(question, of: stream, within: limit) { answer in
                answers.append(answer)
                if !answer.isFollowed { continuation.resume(returning: answers) }
            }
        }
    }
}
#endif
