internal import GraphQLSession
internal import GraphQLTransport

/// Stands for an operation with its variables by 128 bits, since keeping its text would cost memory.
struct Fingerprint: Hashable, Sendable {
    private let high: Int
    private let low: Int

    /// The fingerprint of any hashable value.
    init(_ value: some Hashable) { self.init(hash: value) }

    /// An operation's fingerprint, without its extensions: a client could vary these to evade the quarantine.
    init(_ key: OperationKey) { self.init(hash: key.withoutExtensions) }

    /// A request's fingerprint; nil when its document can't be read.
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
