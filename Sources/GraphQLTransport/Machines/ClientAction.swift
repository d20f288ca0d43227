/// What the owner of a link has to do after a message; ranges point into the bytes of that message.
package enum ClientAction: Sendable, Hashable {
    /// Nothing.
    case none

    /// Nothing but to count it, and to send the reply if there is one: a message of a type that no server sends, for
    /// an operation that there never was, or with a payload that has no place in it.
    case ignored(reply: [UInt8]?)

    /// The server accepted the connection; from now on `subscribe` yields bytes.
    case acknowledged(payload: Range<Int>?)

    /// Send this message.
    case send([UInt8])

    /// The answer to a ping, an unsolicited pong, or a legacy `ka`: the link is alive.
    case pong

    /// An operation has a result: a JSON object, mostly with `data`, `errors` or both.
    case next(id: UInt64, payload: Range<Int>, hasErrors: Bool)

    /// An operation ended with what ought to be a JSON array of GraphQL errors.
    ///
    /// It is whatever the server sent, one error on most legacy links (L4), and may be empty: `GraphQLErrors.array`
    /// makes an array of it.
    case failed(id: UInt64, errors: Range<Int>)

    /// An operation ended here, because what the server sent for it is no result; the reply tells the server, unless it
    /// has ended it too (C7, C8).
    case misfit(id: UInt64, Misfit, reply: [UInt8]?)

    /// An operation ended.
    case completed(id: UInt64)

    /// Close the link; the machine ignores whatever still arrives (C7).
    case close(CloseCode, reason: String)
}
