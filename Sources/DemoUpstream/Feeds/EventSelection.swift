/// Which parts of an event a request selects, and under which keys.
struct EventSelection: Hashable {
    /// A scalar of an object, under its key.
    struct Member: Hashable {
        let key: String
        let leaf: Leaf
    }

    /// Whether the root field is a scalar or an object.
    enum Shape: Hashable {
        case scalar(Leaf)
        case object([Member])
    }

    /// The key of the root field.
    let key: String
    let shape: Shape

    init(key: String, _ shape: Shape) {
        self.key = key
        self.shape = shape
    }
}
