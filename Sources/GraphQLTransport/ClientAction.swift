/// What the owner of a link has to do after a message; ranges point into the bytes of that message.
package enum ClientAction: Sendable, Hashable {
    /// Nothing.
    case none

    /// The server accepted the connection; from now on `subscribe` yields bytes.
    case acknowledged(payload: Range<Int>?)

    /// Send this message.
    case send([UInt8])

    /// The answer to a ping, an unsolicited pong, or a legacy `ka`: the link is alive.
    case pong

    /// An operation has a result: a JSON object with `data`, `errors` or both.
    case next(id: UInt64, payload: Range<Int>, hasErrors: Bool)

    /// An operation ended with a JSON array of GraphQL errors.
    ///
    /// On a legacy link it is whatever the server sent, mostly one error (L4), and may be empty: `GraphQLErrors.array`
    /// makes an array of it.
    case failed(id: UInt64, errors: Range<Int>)

    /// An operation ended.
    case completed(id: UInt64)

    /// Close the link; the machine ignores whatever still arrives (C7).
    case close(CloseCode, reason: String)
}
