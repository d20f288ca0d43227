/// What the owner of a client's connection has to do after a message.
package enum ServerAction: Sendable, Hashable {
    /// Nothing.
    case none

    /// Send this message.
    case send([UInt8])

    /// The client asks to be let in: answer with `acknowledge` or `refuse`. The payload's place is in its message.
    case initialise(payload: Range<Int>?)

    /// The client starts an operation, whose id is active from now on.
    case subscribe(id: String, GraphQLRequest)

    /// The client ended an operation that was active: release it and send nothing more for its id (P18).
    ///
    /// On a legacy connection a new operation may follow under the same id (L6), or a `complete` (L5): each comes as a
    /// follow-up.
    case complete(id: String)

    /// Close the connection; the machine ignores whatever still arrives.
    case close(CloseCode, reason: String)
}
