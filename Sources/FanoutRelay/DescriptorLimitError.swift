/// The process may have fewer open files than the relay needs for its limit of connections.
public struct DescriptorLimitError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The connections that there are to be at most.
    public let connections: Int
    /// The open files that are needed for them, and for all else.
    public let needed: Int
    /// How many the process may have: its hard limit, `ulimit -Hn`.
    public let allowed: Int
    /// How many connections that would be enough for; 0 or less for not even one.
    public var possible: Int { connections - (needed - allowed) }

    /// One line.
    public var description: String {
        "\(connections) connections need \(needed) open files, and the hard limit is \(allowed)"
    }
}
