internal import AllowedDocuments

/// What a handshake came to; at `/graphql` kept until `connection_init` was decided over.
final class Entrance: Sendable {
    /// What was asked; nil where nobody is asked who they are.
    let question: AccessQuestion?
    /// What its credential permits; nil when it showed none, or when it isn't decided yet.
    let grant: Grant?
    /// The operation of the allowed document whose path it asked for; nil at other paths, and without a grant.
    let operation: ComposedOperation?

    /// Everybody's, where nobody is asked who they are.
    static let open = Entrance(nil, .everything)

    init(_ question: AccessQuestion?, _ grant: Grant?, _ operation: ComposedOperation? = nil) {
        self.question = question
        self.grant = grant
        self.operation = operation
    }
}
