/// What the bearer of a token may do.
package enum Scope: String, Sendable, CaseIterable {
    /// Subscribe to topics of the operator's.
    case subscribe
    /// Run queries and mutations.
    case execute
    /// Subscribe by documents of one's own.
    case own
    /// See what operators see.
    case admin
}
