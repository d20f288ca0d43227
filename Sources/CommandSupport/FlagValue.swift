/// A flag's value that is written in a small grammar of its own, and read back from its description.
package protocol FlagValue: LosslessStringConvertible, Sendable, SendableMetatype {
    /// What may be written, in words that follow "allowed:".
    static var allowed: String { get }
}
