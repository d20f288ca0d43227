internal import Synchronization

/// How many of some values are at most each of a few bounds, and their sum, as Prometheus wants it.
///
/// Any thread may record and read. To record takes no lock and no memory: it adds to one bucket and to the sum.
final class Histogram: Sendable {
    /// The bounds of the buckets, and what the values count.
    struct Scale: Sendable {
        /// The greatest value of each bucket, ascending; at most `maximumBounds`.
        let bounds: [Int]
        /// How many of what is recorded make one in the text.
        let unit: Int

        /// Durations, recorded in nanoseconds and told in seconds.
        static func time(microseconds bounds: [Int]) -> Scale {
            Scale(bounds: bounds.map { $0 * 1000 }, unit: 1_000_000_000)
        }

        /// Whole numbers, told as they are.
        static func numbers(_ bounds: [Int]) -> Scale { Scale(bounds: bounds, unit: 1) }

        /// A recorded number as the text has it.
        func text(of number: Int) -> String { unit == 1 ? "\(number)" : "\(Double(number) / Double(unit))" }
    }

    /// What was recorded so far, perhaps by several histograms of one scale.
    struct Reading: Equatable {
        /// By bucket; the last one has what is over all bounds.
        var counts: [Int]
        /// Begins anew when it is over the greatest integer, which Prometheus takes for a restart.
        var sum: UInt64

        static func += (reading: inout Reading, other: Reading) {
            for (bucket, count) in other.counts.enumerated() { reading.counts[bucket] += count }
            reading.sum &+= other.sum
        }
    }

    /// The most bounds that a scale may have.
    static let maximumBounds = 19

    let scale: Scale
    private let counts = InlineArray<20, Atomic<Int>> { _ in Atomic(0) }
    private let sum = Atomic<UInt64>(0)

    init(_ scale: Scale) {
        precondition(scale.bounds.count <= Self.maximumBounds && scale.bounds == scale.bounds.sorted())
        self.scale = scale
    }

    /// Records a value, not less than zero, as often as it counts.
    func record(_ value: Int, count: Int = 1) {
        let bucket = scale.bounds.firstIndex { value <= $0 } ?? scale.bounds.count
        counts[bucket].wrappingAdd(count, ordering: .relaxed)
        sum.wrappingAdd(UInt64(clamping: value) &* UInt64(clamping: count), ordering: .relaxed)
    }

    /// Records a duration; one that ended before it began counts as zero.
    func record(_ time: Duration, count: Int = 1) { record(max(0, time.wholeNanoseconds), count: count) }

    /// What histograms of one scale have recorded together; nil without any.
    static func sum(of histograms: [Histogram]) -> (reading: Reading, scale: Scale)? {
        guard let first = histograms.first else { return nil }
        var reading = first.reading
        for histogram in histograms.dropFirst() { reading += histogram.reading }
        return (reading, first.scale)
    }

    var reading: Reading {
        let counts = (0...scale.bounds.count).map { self.counts[$0].load(ordering: .relaxed) }
        return Reading(counts: counts, sum: sum.load(ordering: .relaxed))
    }
}

extension Duration {
    /// Bounded to what an integer can hold.
    fileprivate var wholeNanoseconds: Int {
        let (seconds, overflow) = components.seconds.multipliedReportingOverflow(by: 1_000_000_000)
        guard !overflow else { return components.seconds < 0 ? .min : .max }
        let (sum, isOver) = seconds.addingReportingOverflow(components.attoseconds / 1_000_000_000)
        return Int(isOver ? (seconds < 0 ? .min : .max) : sum)
    }
}
