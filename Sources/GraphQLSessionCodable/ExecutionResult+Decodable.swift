public import FoundationEssentials
public import GraphQLSession

extension ExecutionResult {
    /// Decodes the member `data`.
    ///
    /// ```swift
    /// struct Answer: Decodable { let continent: [String: String]? }
    /// let answer = try await session.execute(request).decode(Answer.self)
    /// ```
    ///
    /// A result with errors never comes here: `execute` throws it as a `QueryError`, with the data that came with them.
    ///
    /// - Parameters:
    ///   - type: What to make of the data.
    ///   - decoder: Decodes it; by default as a new one does.
    /// - Throws: ``ResultDecodingError`` when there is no data, or when it doesn't fit the type.
    public func decode<Value: Decodable>(
        _ type: Value.Type = Value.self,
        with decoder: JSONDecoder = JSONDecoder()
    ) throws(ResultDecodingError) -> Value {
        try decoder.decode(type, fromMember: data)
    }
}
