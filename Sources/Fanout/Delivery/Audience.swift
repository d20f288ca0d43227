/// Who listens to a topic on one shard, by encoding: each encoding is swept in a loop of its own.
///
/// It holds the subscribers without counting references, which would cost atomics for each delivery: their clients own
/// them, and take them out before they let go of them.
package struct Audience {
    @usableFromInline
    var lists = [[UncountedReference<Subscriber>]](repeating: [], count: Encoding.allCases.count)

    package var isEmpty: Bool { lists.allSatisfy(\.isEmpty) }

    /// All subscribers.
    package var all: [Subscriber] { lists.joined().map(\.object) }

    /// One of those of an encoding; nil when there is none.
    package func first(of encoding: Encoding) -> Subscriber? { lists[encoding.rawValue].first?.object }

    package mutating func add(_ subscriber: Subscriber) {
        let list = subscriber.encoding.rawValue
        subscriber.place = lists[list].count
        lists[list].append(UncountedReference(subscriber))
    }

    /// Takes one out; the last one takes its place, so that it costs the same for any number.
    package mutating func remove(_ subscriber: Subscriber) {
        let list = subscriber.encoding.rawValue
        let last = lists[list].removeLast().object
        guard last !== subscriber else { return }
        lists[list][subscriber.place] = UncountedReference(last)
        last.place = subscriber.place
    }

    /// Visits the subscribers of an encoding and their owners, and has the processor fetch the next ones meanwhile.
    ///
    /// None may be added or removed meanwhile, and all must belong to owners of that type.
    @inlinable @inline(__always)
    package func visit<Owner: SubscriberOwner>(
        _ encoding: Encoding,
        ownedBy type: Owner.Type,
        _ body: (Subscriber, Owner) -> Void
    ) {
        let list = lists[encoding.rawValue]
        for index in list.indices {
            Self.prefetch(list, behind: index, type)
            list[index].with { subscriber in subscriber.owner.as(type).with { body(subscriber, $0) } }
        }
    }

    /// Asks for a subscriber some places further on, the owner of a nearer one, and the socket of the next ones.
    @inlinable @inline(__always)
    static func prefetch<Owner: SubscriberOwner>(
        _ list: [UncountedReference<Subscriber>],
        behind index: Int,
        _ type: Owner.Type
    ) {
        let count = list.count
        if index + 4 < count { list[index + 4].prefetch(by: type, size: 80) }
        if index + 3 < count { list[index + 3].with { $0.owner.prefetch(by: type, size: 48) } }
        if index + 2 < count {
            list[index + 2].with { subscriber in
                subscriber.owner.as(type).with { $0.prefetchSocket() }
                // The array's memory: a header, and what goes around a usual id.
                unsafe Owner.prefetch(unsafeBitCast(subscriber.prefix, to: UnsafeRawPointer.self), size: 96)
            }
        }
        if index + 1 < count {
            list[index + 1].with { $0.owner.as(type).with { $0.prefetchConnection() } }
        }
    }
}
