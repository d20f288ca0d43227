public import FoundationEssentials
public import GraphQLSession

extension Payload {
    /// Decodes the member `data` of a result without errors.
    ///
    /// ```swift
    /// for try await payload in subscription.payloads {
    ///     show(try payload.decode(Tick.self).countdown)
    /// }
    /// ```
    ///
    /// - Parameters:
    ///   - type: What to make of the data.
    ///   - decoder: Decodes it; by default as a new one does.
    /// - Throws: `QueryError` when the result has errors, whatever its data: it has both. ``ResultDecodingError`` when
    ///   there is no data, or when it doesn't fit the type.
    public func decode<Value: Decodable>(
        _ type: Value.Type = Value.self,
        with decoder: JSONDecoder = JSONDecoder()
    ) throws -> Value {
        if let error { throw error }
        return try decoder.decode(type, fromMember: data)
    }
}
