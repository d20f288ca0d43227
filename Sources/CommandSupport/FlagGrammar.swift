/// The grammar of a flag's value: how text is read, and how the help writes a default.
package struct FlagGrammar<Value>: Sendable {
    /// Reads a value, or throws a `ValidationError` that says what is allowed.
    package let read: @Sendable (String) throws -> Value
    /// Writes a value as a user would give it.
    let write: @Sendable (Value) -> String
    /// The range of values as the help writes it, such as `1 to 256`; nil when the flag's own text says it.
    let range: String?

    package init(
        read: @escaping @Sendable (String) throws -> Value,
        write: @escaping @Sendable (Value) -> String,
        range: String? = nil
    ) {
        self.read = read
        self.write = write
        self.range = range
    }
}
