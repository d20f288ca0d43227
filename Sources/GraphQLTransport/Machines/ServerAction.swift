/// What the owner of a client's connection has to do after a message.
package enum ServerAction: Sendable, Hashable {
    /// Nothing.
    case none

    /// Send this message.
    case send([UInt8])

    /// Send this message: the client has as many operations as it may.
    case exceed([UInt8])

    /// The client wants to be accepted: answer with `acknowledge` or `refuse`.
    ///
    /// The payload is a range of its message.
    case initialise(payload: Range<Int>?)

    /// The client starts an operation, whose id is active from now on.
    case subscribe(id: String, GraphQLRequest)

    /// The client ended an active operation: release it, and send nothing more for its id (P18).
    ///
    /// On a legacy connection a follow-up may be a new operation under the same id (L6), or a `complete` (L5).
    case complete(id: String)

    /// Close the connection; the machine ignores everything that still arrives.
    case close(CloseCode, reason: String)
}
