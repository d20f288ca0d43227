import CommandSupport
import GraphQLSession
import Synchronization

/// Says on standard error why there is no connection, but only while an answer is awaited.
final class ConnectionNotices: Sendable {
    private struct State {
        var isWaiting = false
        /// Why there is no link; nil while there is one.
        var problem: String?
        /// The problem that was reported last.
        var told: String?
    }

    private let state = Mutex(State())

    /// Follows the session's events until it ends.
    func follow(_ events: AsyncStream<SessionEvent>) async {
        for await event in events {
            switch event {
            case .connecting, .ended, .closed: continue
            case .connected: tell { $0.problem = nil }
            case .disconnected(let failure, _): tell { $0.problem = "\(failure)" }
            }
        }
    }

    /// Runs `body`, which awaits an answer.
    func whileWaiting<Value>(_ body: () async throws -> Value) async throws -> Value {
        tell { $0.isWaiting = true }
        defer { state.withLock { $0.isWaiting = false } }
        return try await body()
    }

    private func tell(_ change: (inout State) -> Void) {
        let notice: String? = state.withLock { state in
            change(&state)
            guard state.isWaiting, state.told != state.problem else { return nil }
            state.told = state.problem
            return state.problem.map { "waiting for the server: \($0)" } ?? "connected again"
        }
        if let notice { StandardStream.error.write(notice.onOneLine + "\n") }
    }
}
