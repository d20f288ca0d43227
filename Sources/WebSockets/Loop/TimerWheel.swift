/// The deadlines of many sockets, to a tenth of a second; a value without a clock of its own.
///
/// Scheduling costs an append. Deadlines are never cancelled: every key that falls due is returned, and its owner knows
/// whether it still has a deadline.
package struct TimerWheel: Sendable {
    /// The precision: a deadline is reported up to this long after it has passed, never before.
    package static let grain = Duration.milliseconds(100)

    private struct Entry {
        var key: Int
        var tick: Int64
    }

    private static let slots = 512
    private var wheel = [[Entry]](repeating: [], count: slots)
    private var current: Int64
    private var spare: [Entry] = []

    /// How many keys wait, outdated ones included.
    package private(set) var count = 0

    /// Makes an empty wheel that stands at `now`.
    package init(now: Duration) { current = Self.tick(now) }

    /// Schedules `key` for `deadline`, or for the next advance when that has passed.
    package mutating func schedule(_ key: Int, at deadline: Duration) {
        let tick = max(Self.tick(deadline) + 1, current + 1)
        wheel[Self.slot(tick)].append(Entry(key: key, tick: tick))
        count += 1
    }

    /// Moves on to `now` and appends the keys that fell due, in the order of their deadlines.
    package mutating func advance(to now: Duration, into due: inout [Int]) {
        let target = Self.tick(now)
        guard target > current else { return }
        // After a long pause one turn of the wheel covers every slot.
        if target - current > Int64(Self.slots) { current = target - Int64(Self.slots) }
        while current < target {
            current += 1
            let slot = Self.slot(current)
            if wheel[slot].isEmpty { continue }
            swap(&wheel[slot], &spare)
            for entry in spare {
                if entry.tick <= target {
                    due.append(entry.key)
                    count -= 1
                } else {
                    wheel[slot].append(entry)
                }
            }
            spare.removeAll(keepingCapacity: true)
        }
    }

    private static func slot(_ tick: Int64) -> Int { Int(tick & Int64(slots - 1)) }

    /// The tick of a time, clamped so far from the integers' ends that no sum here overflows.
    private static func tick(_ time: Duration) -> Int64 {
        let (seconds, attoseconds) = time.components
        let bound = Int64.max / 100
        return min(max(seconds, -bound), bound) * 10 + attoseconds / 100_000_000_000_000_000
    }
}
