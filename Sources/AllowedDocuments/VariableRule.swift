/// Who says what a variable of an allowed document is.
public enum VariableRule: Sendable, Hashable {
    /// The client.
    case free
    /// The operator: a value as JSON text.
    case fixed(String)
    /// The client's credential: the claim at a path, a name or names with dots between them.
    case claim(String)
}
