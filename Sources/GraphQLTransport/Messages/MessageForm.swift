/// How a message of the server arrived.
package enum MessageForm: Sendable {
    /// As text, the only form that the subprotocols have.
    case text

    /// As a binary message.
    case binary

    /// Too large to be kept: only its sketch is left, nil if it wasn't a JSON object.
    case oversized(MessageSketch?)
}
