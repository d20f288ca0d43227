/// Who listens to a topic on one shard, by encoding: each encoding is swept in a loop of its own.
///
/// It holds the subscribers without counting references, which would cost atomics for each delivery: their clients own
/// them, and take them out before they let go of them.
@safe package struct Audience {
    private var lists = unsafe [[Unmanaged<Subscriber>]](repeating: [], count: Encoding.allCases.count)

    package var isEmpty: Bool { unsafe lists.allSatisfy(\.isEmpty) }

    /// The subscribers of one encoding.
    package subscript(encoding: Encoding) -> [Unmanaged<Subscriber>] { unsafe lists[encoding.rawValue] }

    /// All subscribers.
    package var all: [Subscriber] { unsafe lists.joined().map { unsafe $0.takeUnretainedValue() } }

    package mutating func add(_ subscriber: Subscriber) {
        let list = subscriber.encoding.rawValue
        subscriber.place = unsafe lists[list].count
        unsafe lists[list].append(.passUnretained(subscriber))
    }

    /// Takes one out; the last one takes its place, so that it costs the same for any number.
    package mutating func remove(_ subscriber: Subscriber) {
        let list = subscriber.encoding.rawValue
        let last = unsafe lists[list].removeLast().takeUnretainedValue()
        guard last !== subscriber else { return }
        unsafe lists[list][subscriber.place] = .passUnretained(last)
        last.place = subscriber.place
    }
}
