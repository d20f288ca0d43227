/// Names a topic between the runner and the shards, as long as the relay runs.
///
/// The topics that the relay begins with have the numbers of their places in its list, from 0 on. Later ones follow,
/// of the operator's and of clients, and no number is used again.
@usableFromInline
package struct TopicID: Hashable, Sendable, ExpressibleByIntegerLiteral {
    @usableFromInline package let number: Int

    @inlinable package init(_ number: Int) { self.number = number }

    @inlinable package init(integerLiteral number: Int) { self.number = number }
}
