/// Why a server's message for an operation isn't a result that can be passed on.
package enum Misfit: Sendable, Hashable, CustomStringConvertible {
    /// The payload isn't a JSON object; its range is empty if it is missing.
    case payload(Range<Int>)

    /// The message isn't valid JSON, or is nested too deeply, but its id could be read.
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
