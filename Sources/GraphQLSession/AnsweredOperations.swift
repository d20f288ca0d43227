/// Operations that have their one result, and that the server completes by itself: it isn't told what it is about to
/// say.
///
/// One that isn't completed is given up after one to two periods of the clock that calls `turn`.
struct AnsweredOperations {
    private var young: Set<UInt64> = []
    private var old: Set<UInt64> = []

    var isEmpty: Bool { young.isEmpty && old.isEmpty }

    mutating func insert(_ id: UInt64) { young.insert(id) }

    /// Whether it was one of them.
    @discardableResult
    mutating func remove(_ id: UInt64) -> Bool { young.remove(id) != nil || old.remove(id) != nil }

    mutating func removeAll() { self = AnsweredOperations() }

    /// A period is over: those that the server doesn't complete.
    mutating func turn() -> [UInt64] {
        defer { (young, old) = ([], young) }
        return old.sorted()
    }
}
