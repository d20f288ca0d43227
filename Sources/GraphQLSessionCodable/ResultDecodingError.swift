/// A result without errors whose `data` isn't what was asked for.
public enum ResultDecodingError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The server sent no `data`.
    case missingData
    /// The server sent `data` that is `null`, and the type has no place for it.
    case nullData
    /// The data doesn't fit the type; the path names the member, such as `continent.name`.
    ///
    /// The path is empty where the data as a whole doesn't fit. The reason is the decoder's, in one line.
    case mismatch(path: String, reason: String)

    /// One line.
    public var description: String {
        switch self {
        case .missingData: "the result has no data"
        case .nullData: "the result's data is null"
        case .mismatch("", let reason): "the result's data doesn't fit: \(reason)"
        case .mismatch(let path, let reason): "the result's data doesn't fit at \(path): \(reason)"
        }
    }
}
