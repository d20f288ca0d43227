internal import GraphQLSession
internal import WebSockets

extension PermanentSession {
    /// Runs a query or mutation with all its tries and waits, for so long at most.
    ///
    /// - Parameter guardian: What a client's operation has to pass, so that it breaks no more than two links.
    /// - Throws: What `execute` throws; `CancellationError` when the time is over; `QuarantinedOperation`.
    nonisolated func execute(
        _ request: GraphQLRequest,
        within timeout: Duration,
        guardian: TopicRunner? = nil
    ) async throws -> ExecutionResult {
        try await withThrowingTaskGroup(of: ExecutionResult?.self) { group in
            group.addTask(executorPreference: loop) {
                if let guardian { try await guardian.execute(request) } else { try await self.execute(request) }
            }
            group.addTask(executorPreference: loop) {
                try await LoopClock(self.loop).sleep(for: timeout)
                return nil
            }
            defer { group.cancelAll() }
            guard let first = try await group.next(), let result = first else { throw CancellationError() }
            return result
        }
    }
}
