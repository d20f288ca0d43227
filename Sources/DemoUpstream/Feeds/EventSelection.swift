/// What a request wants to see of each event, under which keys.
struct EventSelection: Hashable {
    /// A scalar of an object, under its key.
    struct Member: Hashable {
        let key: String
        let leaf: Leaf
    }

    /// The form of the field at the top.
    enum Shape: Hashable {
        case scalar(Leaf)
        case object([Member])
    }

    /// The key of the field at the top.
    let key: String
    let shape: Shape

    init(key: String, _ shape: Shape) {
        self.key = key
        self.shape = shape
    }
}
