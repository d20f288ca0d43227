/// A topic that can't be offered.
public struct TopicError: Error, Hashable, CustomStringConvertible {
    /// The topic's name as given.
    public let name: String
    /// What is wrong.
    public let problem: String

    package init(name: String, problem: String) {
        self.name = name
        self.problem = problem
    }

    /// One line.
    public var description: String { "topic '\(name)': \(problem)" }
}
