/// A way in which a server's frame breaks RFC 6455.
enum FrameViolation: String, Error {
    /// A reserved bit is set though no extension was agreed on (section 5.2).
    case reservedBits = "a reserved bit is set"
    /// The opcode is none of 0, 1, 2, 8, 9, 10 (section 5.2).
    case unknownOpcode = "an unknown opcode"
    /// A server must not mask (section 5.1).
    case masked = "a masked frame from a server"
    /// A length not in its shortest form, or with its highest bit set (section 5.2).
    case badLength = "a length not in its shortest form"
    /// A control frame over 125 bytes or without FIN (section 5.5).
    case badControl = "a control frame that is too long or cut in fragments"
    /// A continuation without a message to go on with (section 5.4).
    case strayContinuation = "a continuation without a message"
    /// A new message before the last one was finished (section 5.4).
    case interruptedMessage = "a message begun inside another"
    /// A close frame of one byte, or with a code that must not be sent (section 7.4).
    case badClose = "a close frame with an invalid code"
}
