/// The place of an event, a gap or a state in a topic's history on one shard, counted from 0 on.
///
/// It isn't an event's sequence number: that is the same on all shards, and counts events only.
@usableFromInline
package struct Position: Hashable, Strideable, Sendable, ExpressibleByIntegerLiteral {
    @usableFromInline package let number: UInt64

    @inlinable package init(_ number: UInt64) { self.number = number }

    @inlinable package init(integerLiteral number: UInt64) { self.number = number }

    @inlinable package static func == (one: Position, other: Position) -> Bool { one.number == other.number }

    @inlinable package static func < (one: Position, other: Position) -> Bool { one.number < other.number }

    @inlinable package func advanced(by count: Int) -> Position { self + count }

    @inlinable package func distance(to other: Position) -> Int { other - self }

    /// The position so many places further on.
    @inlinable package static func + (position: Position, count: Int) -> Position {
        Position(position.number &+ UInt64(truncatingIfNeeded: count))
    }

    /// The position so many places before.
    @inlinable package static func - (position: Position, count: Int) -> Position {
        Position(position.number &- UInt64(truncatingIfNeeded: count))
    }

    /// How many places lie between two positions.
    @inlinable package static func - (end: Position, start: Position) -> Int {
        Int(truncatingIfNeeded: end.number &- start.number)
    }

    @inlinable package static func += (position: inout Position, count: Int) { position = position + count }

    @inlinable package static func -= (position: inout Position, count: Int) { position = position - count }
}
