/// How a message of the server arrived.
package enum MessageForm: Sendable {
    /// As text, which is all that the subprotocols know.
    case text

    /// As a binary message.
    case binary

    /// Too large to be kept: all that is left of it is its sketch, nil if it was no JSON object.
    case oversized(MessageSketch?)
}
