/// A topic's place in one shard's list.
///
/// The operator's topics have the first ones, in the order of the relay's list and for good. The slot of a clients'
/// topic is used for another one when the topic has gone.
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
