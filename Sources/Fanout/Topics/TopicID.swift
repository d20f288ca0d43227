/// Names a topic between the runner and the shards, as long as the relay runs.
///
/// The operator's topics have the numbers of their places in the relay's list, from 0 on. Those of clients follow, and
/// no number is used again.
@usableFromInline
package struct TopicID: Hashable, Sendable, ExpressibleByIntegerLiteral {
    @usableFromInline package let number: Int

    @inlinable package init(_ number: Int) { self.number = number }

    @inlinable package init(integerLiteral number: Int) { self.number = number }
}
