/// What the owner of a link has to do after a message; ranges refer to the bytes of that message.
package enum ClientAction: Sendable, Hashable {
    /// Nothing.
    case none

    /// Count the message, which has no effect, and send the reply if there is one.
    ///
    /// Its type is one that no server sends, or its operation never existed, or its payload isn't allowed.
    case ignored(reply: [UInt8]?)

    /// The server accepted the connection; from now on `subscribe` returns messages.
    case acknowledged(payload: Range<Int>?)

    /// Send this message.
    case send([UInt8])

    /// The answer to a ping, an unsolicited pong, or a legacy `ka`: the link is alive.
    case pong

    /// An operation has a result: a JSON object, mostly with `data`, `errors` or both.
    case next(id: UInt64, payload: Range<Int>, hasErrors: Bool)

    /// An operation ended with what should be a JSON array of GraphQL errors.
    ///
    /// It is what the server sent: one error on most legacy links (L4), or even nothing. `GraphQLErrors.array` makes an
    /// array of it.
    case failed(id: UInt64, errors: Range<Int>)

    /// An operation ended because the server's message for it isn't a result.
    ///
    /// The reply tells the server, unless the server has ended the operation too (C7, C8).
    case misfit(id: UInt64, Misfit, reply: [UInt8]?)

    /// An operation ended.
    case completed(id: UInt64)

    /// Close the link; the machine ignores everything that still arrives (C7).
    case close(CloseCode, reason: String)
}
