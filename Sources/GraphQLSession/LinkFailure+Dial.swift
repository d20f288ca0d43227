internal import Glibc
internal import GraphQLTransport
internal import WebSockets

extension LinkFailure {
    /// What a failed dial means: the status of an HTTP answer, and the wait that it asks for, among it.
    init(dialling error: WebSocketError) {
        guard case .dialFailed(_, let status, let retryAfter) = error else {
            self = .unreachable(reason: "\(error)")
            return
        }
        let now = Int64(time(nil))
        let wait = retryAfter.flatMap { RetryAfter.parse($0, now: now) }
        self = .unreachable(reason: "\(error)", status: status, retryAfter: wait)
    }
}
