internal import GraphQLTransport

/// Subscriptions, which may go on after an interruption.
extension PermanentSession {
    /// Starts a subscription as soon as a link is acknowledged; returns when the request is on its way.
    ///
    /// Whether the server accepts it shows when the stream is read. A query or mutation is streamed likewise.
    ///
    /// - Returns: The results, for one reader. To let go of it ends the operation at the server.
    /// - Throws: as ``connected()`` does, when no link comes up.
    public func subscribe(_ request: GraphQLRequest) async throws -> Subscription {
        try await connected()
        return try begin(request, hasNumbers: machine.hasTokens)
    }

    /// Starts a query or mutation as ``subscribe(_:)`` does, if a link is acknowledged before the deadline; nil is
    /// none.
    func startQuery(_ request: GraphQLRequest, until deadline: Duration?) async throws -> Subscription {
        try await connected(after: 0, until: deadline)
        return try begin(request, hasNumbers: false)
    }

    /// Whether the server of the link is a relay that numbers the events of subscriptions; false without a link.
    ///
    /// It is asked with ``SessionConfiguration/asksForTokens``.
    public var isNumbered: Bool { isConnected && machine.hasTokens }

    /// Starts a subscription as ``subscribe(_:)`` does, after the last event that was read before, if the server can.
    ///
    /// Behind a relay that numbers events (``SessionConfiguration/asksForTokens``) nothing that it holds is missed:
    /// the first batch, which may be empty, tells in ``PayloadBatch/gap`` if events may be missing. At any other server
    /// it is a subscription like any other, whose batches have no ``PayloadBatch/start``: what happened meanwhile is
    /// missed.
    ///
    /// - Parameters:
    ///   - request: The operation.
    ///   - point: Where to begin; learns how far the results were read.
    /// - Returns: The results, for one reader, as of ``subscribe(_:)``.
    /// - Throws: as ``subscribe(_:)`` does.
    public func subscribe(_ request: GraphQLRequest, resuming point: ResumePoint) async throws -> Subscription {
        try await connected()
        return try begin(request, from: point.start, resuming: point)
    }

    /// Starts a subscription where the caller says, if the server numbers events, and anywhere otherwise.
    package func subscribe(_ request: GraphQLRequest, from start: SubscriptionStart) async throws -> Subscription {
        try await connected()
        return try begin(request, from: start, resuming: nil)
    }

    private func begin(
        _ request: GraphQLRequest,
        from start: SubscriptionStart,
        resuming point: ResumePoint?
    ) throws(SessionError) -> Subscription {
        guard machine.hasTokens else {
            // What is read from here on has no numbers, and would be repeated after the former one.
            point?.forget()
            return try begin(request, resuming: point, hasNumbers: false)
        }
        let extensions = RelayMembers.beginning(start, in: request.extensions)
        return try begin(request.with(readExtensions: extensions), resuming: point, hasNumbers: true)
    }
}
