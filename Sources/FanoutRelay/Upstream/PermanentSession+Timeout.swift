internal import GraphQLSession
internal import WebSockets

extension PermanentSession {
    /// Runs a query or mutation with all its retries and waits, within a time.
    ///
    /// - Parameter guardian: Keeps a client's operation from breaking more than two links; see `Quarantine`.
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
