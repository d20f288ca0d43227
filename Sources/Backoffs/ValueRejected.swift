/// Stands for a value that a predicate rejected where a back-off expects an error.
///
/// ``Backoff/giveUp``, ``Backoff/Hint`` and the handlers see it when ``retry(_:until:clock:operation:)`` or
/// ``retry(_:while:clock:operation:)`` is about to call the operation again. It is never thrown.
public struct ValueRejected: Error, CustomStringConvertible {
    /// What the call returned.
    public let value: any Sendable

    /// Creates the error.
    public init(_ value: any Sendable) {
        self.value = value
    }

    /// The error in a few words, without the value, which may be large or a secret.
    public var description: String { "the value was rejected" }
}
