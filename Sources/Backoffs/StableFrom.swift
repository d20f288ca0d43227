/// From when on a restarting stream counts the time after which a stream is stable.
public enum StableFrom: Sendable, Hashable {
    /// From the first element: right where a factory returns before anything is known to work.
    case firstElement

    /// From the moment the factory returned: right where that proves the link, and elements may be hours apart.
    case opening
}
