/// The subscribers of a topic on one shard, by encoding: a sweep has one loop for each encoding.
///
/// References to subscribers aren't counted, since counting would cost atomics for each delivery. The clients own their
/// subscribers, and remove them here before they release them.
///
/// It is a class, because whoever kept a copy of its topic would have each subscriber that is added copy the whole
/// list.
package final class Audience {
    @usableFromInline
    var lists = [[UncountedReference<Subscriber>]](repeating: [], count: Encoding.allCases.count)

    package init() {}

    package var isEmpty: Bool { lists.allSatisfy(\.isEmpty) }

    package var count: Int { lists.reduce(0) { $0 + $1.count } }

    /// All subscribers.
    package var all: [Subscriber] { lists.joined().map(\.object) }

    /// The first subscriber of an encoding; nil when there is none.
    package func first(of encoding: Encoding) -> Subscriber? { lists[encoding.rawValue].first?.object }

    package func add(_ subscriber: Subscriber) {
        let list = subscriber.encoding.rawValue
        subscriber.place = lists[list].count
        lists[list].append(UncountedReference(subscriber))
    }

    /// Removes a subscriber; the last one moves into its place, so that the cost doesn't depend on their number.
    package func remove(_ subscriber: Subscriber) {
        let list = subscriber.encoding.rawValue
        let last = lists[list].removeLast().object
        guard last !== subscriber else { return }
        lists[list][subscriber.place] = UncountedReference(last)
        last.place = subscriber.place
    }

    /// Visits the subscribers of an encoding with their owners, and prefetches the memory of the next ones.
    ///
    /// `body` must not add or remove subscribers of this audience. All owners must be of the given type, which isn't
    /// checked.
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

    /// Prefetches what the next visits read: a subscriber four places ahead, the owner of the one before it, nearer
    /// sockets.
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
                // The array's memory: its header, and a prefix with an id of usual length.
                unsafe Owner.prefetch(unsafeBitCast(subscriber.prefix, to: UnsafeRawPointer.self), size: 96)
            }
        }
        if index + 1 < count {
            list[index + 1].with { $0.owner.as(type).with { $0.prefetchConnection() } }
        }
    }
}
