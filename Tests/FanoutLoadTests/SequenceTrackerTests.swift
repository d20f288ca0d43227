import TestSupport
import Testing

@testable import FanoutLoad

@Suite struct SequenceTrackerTests {
    static func counts(_ numbers: [Int64]) -> SequenceTracker.Counts {
        var tracker = SequenceTracker()
        for number in numbers { tracker.record(number) }
        return tracker.counts
    }

    @Test(
        arguments: [
            ([], (0, 0, 0)),
            ([17, 18, 19], (0, 0, 0)),
            ([-2, -1, 0, 1], (0, 0, 0)),
            ([1, 3], (1, 0, 0)),
            ([1, 10, 11, 20], (16, 0, 0)),
            ([1, 1], (0, 1, 0)),
            ([1, 2, 3, 1, 2], (0, 2, 0)),
            ([1, 3, 2, 4], (0, 0, 1)),
            ([1, 3, 2, 2], (0, 1, 1)),
            ([1, 5, 3, 3], (2, 1, 1)),
            ([1, 5, 2, 4, 3, 3], (0, 1, 3)),
            ([5, 4], (0, 0, 1)),
            ([1, 4, 8, 3, 6], (3, 0, 2)),
        ] as [([Int64], (UInt64, UInt64, UInt64))]
    )
    func `lost, duplicated and reordered numbers are told apart`(
        numbers: [Int64],
        expected: (lost: UInt64, duplicated: UInt64, reordered: UInt64)
    ) {
        let counts = Self.counts(numbers)
        #expect(counts.lost == expected.lost)
        #expect(counts.duplicated == expected.duplicated)
        #expect(counts.reordered == expected.reordered)
    }

    @Test func `the widest jumps neither trap nor wrap`() {
        let counts = Self.counts([.min, .max, .min + 1, .max, .min])
        #expect(counts.lost == UInt64.max - 2)
        #expect(counts.reordered == 1)
        #expect(counts.duplicated == 2)
    }

    @Test func `losses of several connections add up without wrapping`() {
        var sum = Self.counts([.min, .max])
        sum += Self.counts([.min, .max])
        #expect(sum.lost == UInt64.max)
    }

    @Test func `a jump after a told gap is no loss, the next one is`() {
        var tracker = SequenceTracker()
        tracker.record(1)
        tracker.noteGap()
        tracker.record(5)
        tracker.record(8)
        #expect(tracker.counts == SequenceTracker.Counts(lost: 2, gaps: 1, skipped: 3))
    }

    @Test func `a gap without a jump excuses nothing later`() {
        var tracker = SequenceTracker()
        tracker.record(1)
        tracker.noteGap()
        tracker.record(2)
        tracker.record(4)
        #expect(tracker.counts == SequenceTracker.Counts(lost: 1, gaps: 1))
    }

    @Test func `a skipped number that comes after all is reordered, not skipped`() {
        var tracker = SequenceTracker()
        tracker.record(1)
        tracker.noteGap()
        tracker.record(4)
        tracker.record(2)
        #expect(tracker.counts == SequenceTracker.Counts(reordered: 1, gaps: 1, skipped: 1))
    }

    @Test func `a new epoch starts anew and is counted`() {
        var tracker = SequenceTracker()
        for (epoch, number) in [("a", 7), ("a", 8), ("b", 1), ("b", 2), ("b", 2)] {
            tracker.noteEpoch(Array(epoch.utf8).span)
            tracker.record(Int64(number))
        }
        #expect(tracker.counts == SequenceTracker.Counts(duplicated: 1, restarts: 1))
    }

    @Test func `more holes than are kept never trap, and late numbers count once`() {
        let odd = (0..<Int64(3 * MissingNumbers.capacity)).map { 2 * $0 }
        let holes = UInt64(odd.count - 1)
        #expect(Self.counts(odd).lost == holes)
        #expect(Self.counts(odd + [1]) == SequenceTracker.Counts(lost: holes, reordered: 1))
        let late = odd[odd.count - 1] - 1
        #expect(
            Self.counts(odd + [late, late]) == SequenceTracker.Counts(lost: holes - 1, duplicated: 1, reordered: 1)
        )
    }

    @Test func `shuffled neighbours are all found again`() {
        var generator = SplitMix(seed: 3)
        var numbers: [Int64] = [0]
        for block in 0..<100 { numbers += (1...10).map { Int64(block * 10 + $0) }.shuffled(using: &generator) }
        let counts = Self.counts(numbers)
        #expect(counts.lost == 0)
        #expect(counts.duplicated == 0)
        #expect(counts.reordered > 0)
    }
}
