/// A document that can't be allowed.
public struct AllowedDocumentError: Error, Hashable, CustomStringConvertible {
    /// The document's name, as it was given.
    public let document: String
    /// The variable whose rule is wrong; nil when something else is.
    public let variable: String?
    /// What is wrong and what is allowed, on one line.
    public let problem: String

    init(_ document: String, variable: String? = nil, _ problem: String) {
        self.document = document
        self.variable = variable
        self.problem = problem
    }

    /// One line.
    public var description: String {
        variable.map { "document '\(document)', variable '\($0)': \(problem)" } ?? "document '\(document)': \(problem)"
    }
}
