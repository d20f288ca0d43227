/// Why something that a server sent for an operation is no result that can be passed on.
package enum Misfit: Sendable, Hashable, CustomStringConvertible {
    /// The payload is no JSON object; its place, which is empty where there is none.
    case payload(Range<Int>)

    /// The message isn't quite JSON, or nested too deeply, though its id could be read.
    case malformed(ScanError)

    /// The message is binary, which neither subprotocol has.
    case binary

    /// The message is larger than the limit and was not kept.
    case tooLarge

    package var description: String {
        switch self {
        case .payload: "a payload that is no object"
        case .malformed(let error): "\(error)"
        case .binary: "a binary message"
        case .tooLarge: "a message over the limit"
        }
    }
}
