/// A topic's place in one shard's list.
///
/// The topics that the relay begins with have the first ones. The slot of a topic that has gone is used for another
/// one.
@usableFromInline
package struct Slot: Hashable, Sendable, ExpressibleByIntegerLiteral {
    @usableFromInline package let index: Int

    @inlinable package init(_ index: Int) { self.index = index }

    @inlinable package init(integerLiteral index: Int) { self.index = index }
}

extension Array {
    /// The element of a slot.
    @inlinable
    package subscript(slot: Slot) -> Element {
        _read { yield self[slot.index] }
        _modify { yield &self[slot.index] }
    }
}
