internal import GraphQLSession
internal import GraphQLTransport

/// Stands for an operation with its variables where keeping its text would cost memory: 128 bits of it.
struct Fingerprint: Hashable, Sendable {
    private let high: Int
    private let low: Int

    /// Of anything that can be told apart.
    init(_ value: some Hashable) { self.init(hash: value) }

    /// Of an operation: its extensions, which a client may vary as it likes, don't tell it from others.
    init(_ key: OperationKey) { self.init(hash: key.withoutExtensions) }

    /// Of a request; nil for one whose document can't be read.
    init?(_ request: GraphQLRequest) {
        guard let document = try? Document(parsing: request.query),
            let operation = try? document.operation(named: request.operationName),
            let key = try? OperationKey(document: document, operation: operation, variables: request.variables)
        else { return nil }
        self.init(key)
    }

    private init(hash value: some Hashable) {
        var (high, low) = (Hasher(), Hasher())
        high.combine(1)
        high.combine(value)
        low.combine(2)
        low.combine(value)
        (self.high, self.low) = (high.finalize(), low.finalize())
    }
}
