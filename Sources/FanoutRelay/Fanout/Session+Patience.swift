internal import GraphQLSession
internal import WebSockets

extension Session {
    /// Runs a query or mutation with all its tries and waits, for so long at most.
    ///
    /// - Throws: What `execute` throws; `CancellationError` when the time is over.
    nonisolated func execute(_ request: Request, within patience: Duration) async throws -> ExecutionResult {
        try await withThrowingTaskGroup(of: ExecutionResult?.self) { group in
            group.addTask(executorPreference: loop) { try await self.execute(request) }
            group.addTask(executorPreference: loop) {
                try await LoopClock(self.loop).sleep(for: patience)
                return nil
            }
            defer { group.cancelAll() }
            guard let first = try await group.next(), let result = first else { throw CancellationError() }
            return result
        }
    }
}
