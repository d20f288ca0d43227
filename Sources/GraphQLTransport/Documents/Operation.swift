/// One operation of a document.
package struct Operation: Sendable, Hashable {
    /// The kinds of operation, by their keyword.
    package enum Kind: String, Sendable {
        case query, mutation, subscription
    }

    /// The kind of the operation; a selection set without a keyword is a query.
    package let kind: Kind

    /// The operation's name, if it has one.
    package let name: String?

    /// The variables that it defines, in order.
    package let variables: [VariableDefinition]
}
