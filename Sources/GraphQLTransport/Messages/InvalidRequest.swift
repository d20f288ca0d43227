/// A request that can't be sent.
public struct InvalidRequest: Error, Hashable, CustomStringConvertible {
    /// What is wrong, in one line.
    public let description: String

    package init(description: String) { self.description = description }
}
