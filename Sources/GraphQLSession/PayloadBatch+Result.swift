public import GraphQLTransport

extension PayloadBatch {
    /// A batch of one query's result.
    public init(_ result: ExecutionResult) { self.init(payload: result.bytes) }
}
