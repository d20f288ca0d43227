/// A flag's value with a grammar of its own; its description can be read again.
package protocol FlagValue: LosslessStringConvertible, Sendable, SendableMetatype {
    /// What is allowed, as a text that follows "allowed:".
    static var allowed: String { get }
}
