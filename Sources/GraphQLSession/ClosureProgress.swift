internal import Synchronization

/// Which of the user's closures runs; written on their thread, read on the session's.
final class ClosureProgress: Sendable {
    private let name = Mutex<String?>(nil)

    /// The closure that was called and hasn't returned; nil between two.
    var closure: String? { name.withLock { $0 } }

    /// Calls a closure.
    func calling<Answer>(_ name: String, _ body: () async throws -> Answer) async throws -> Answer {
        // Nobody may want to know any more.
        try Task.checkCancellation()
        self.name.withLock { $0 = name }
        defer { self.name.withLock { $0 = nil } }
        return try await body()
    }
}
