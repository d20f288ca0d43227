/// A back-off or a duration that could not be read.
///
/// ```
/// column 13: found 'bse', expected base, factor or max
/// ```
public struct BackoffSyntaxError: Error, Sendable, Hashable, CustomStringConvertible {
    /// Where in the text reading stopped, counted in characters from 1.
    public let column: Int

    /// What stands there: a few characters in quotes, control characters escaped, or "the end".
    public let found: String

    /// What is allowed there.
    public let expected: String

    /// All of it in one line.
    public var description: String {
        "column \(column): found \(found), expected \(expected)"
    }
}
