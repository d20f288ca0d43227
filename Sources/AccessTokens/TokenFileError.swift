/// Why a token file can't be used; it never says what a token is.
package struct TokenFileError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The line, from 1 on; nil when the file as a whole is meant.
    package let line: Int?
    /// What is wrong, and what is allowed.
    package let problem: String

    /// One line, to be put behind the file's name and a colon.
    package var description: String { line.map { "line \($0): \(problem)" } ?? problem }
}
