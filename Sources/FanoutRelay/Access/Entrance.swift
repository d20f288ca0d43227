internal import AllowedDocuments

/// What the decision over a handshake found out, for when it is complete.
final class Entrance: Sendable {
    /// What the client may have.
    let grant: Grant
    /// The operation of the allowed document whose path it asked for; nil at other paths.
    let operation: ComposedOperation?

    init(_ grant: Grant, _ operation: ComposedOperation? = nil) {
        self.grant = grant
        self.operation = operation
    }
}
