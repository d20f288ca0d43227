/// One parameter of a query string.
package struct QueryItem: Sendable, Equatable {
    /// The part before the equals sign.
    package var name: String
    /// The part after it; empty when there is none.
    package var value: String

    /// Makes a parameter.
    package init(name: String, value: String) {
        self.name = name
        self.value = value
    }
}
