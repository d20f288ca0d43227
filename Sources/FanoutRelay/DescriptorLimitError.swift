/// The process may not open enough files for the configured number of connections.
public struct DescriptorLimitError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The configured maximum of connections.
    public let connections: Int
    /// The open files that these connections and everything else need.
    public let needed: Int
    /// The open files that the process may have: its hard limit, `ulimit -Hn`.
    public let allowed: Int
    /// How many connections the limit is enough for; 0 or less when it isn't enough for one.
    public var possible: Int { connections - (needed - allowed) }

    /// One line.
    public var description: String {
        "\(connections) connections need \(needed) open files, and the hard limit is \(allowed)"
    }
}
