import Histogram

/// The latencies of a run, or of several together.
///
/// Values have three significant digits, from a microsecond to ten minutes.
struct Latencies {
    /// Why counts can't be those of a run.
    struct Mistake: Error, Equatable, CustomStringConvertible {
        var description: String
    }

    /// How many values were recorded from `lowest` on, up to the next bucket.
    struct Bucket: Equatable {
        /// In microseconds.
        var lowest: UInt64
        var count: UInt64
    }

    /// The highest latency in microseconds; a higher one counts as this.
    static let highest: UInt64 = 600_000_000

    /// The most microseconds of all values together that a report may have: the sum over all that are merged then fits
    /// into 64 bits.
    static let longestSum = UInt64.max / UInt64(2 * MergeCommand.mostReports)

    /// Deliveries with a time.
    var timed: UInt64 = 0
    /// Deliveries without a readable time.
    var untimed: UInt64 = 0
    /// Deliveries that arrived before their own time, because the clocks differ.
    var early: UInt64 = 0

    private var histogram = Self.emptyHistogram()

    static func emptyHistogram() -> Histogram<UInt64> {
        Histogram<UInt64>(highestTrackableValue: highest, numberOfSignificantValueDigits: .three)
    }

    /// The percentiles; nil without values.
    var percentiles: Percentiles? { histogram.totalCount > 0 ? Percentiles(histogram) : nil }

    /// The highest value, as it was recorded.
    var max: UInt64 { histogram.maxRecorded }

    /// The latency at each of these percentiles, in microseconds.
    func curve(_ percents: [Double]) -> [UInt64] { percents.map { histogram.valueAtPercentile($0) } }

    /// The buckets that aren't empty, the lowest first.
    var buckets: [Bucket] {
        histogram.recordedValues().map { value in
            Bucket(lowest: histogram.lowestEquivalentForValue(value.value), count: value.count)
        }
    }

    /// Adds values.
    mutating func add(_ values: Histogram<UInt64>) { histogram.add(values) }

    /// Adds the latencies of another run, bucket by bucket.
    mutating func add(_ other: Latencies) {
        timed &+= other.timed
        untimed &+= other.untimed
        early &+= other.early
        histogram.add(other.histogram)
    }
}

extension Latencies {
    /// Brings back what `buckets` and the highest value tell of a histogram.
    init(buckets: [Bucket], max: UInt64) throws(Mistake) {
        var sum: UInt64 = 0
        var last: UInt64?
        for bucket in buckets {
            guard bucket.lowest <= Self.highest, histogram.lowestEquivalentForValue(bucket.lowest) == bucket.lowest
            else {
                throw Mistake(description: "no bucket begins at \(bucket.lowest) µs")
            }
            guard last.map({ $0 < bucket.lowest }) ?? true else {
                throw Mistake(description: "the bucket at \(bucket.lowest) µs isn't above the one before it")
            }
            // More than the sum, so that counts of zeros are bounded too.
            let (product, isTooLarge) = bucket.count.multipliedReportingOverflow(
                by: histogram.nextNonEquivalentForValue(bucket.lowest)
            )
            guard bucket.count > 0, !isTooLarge, product <= Self.longestSum - sum else {
                throw Mistake(description: "the bucket at \(bucket.lowest) µs can't have the count \(bucket.count)")
            }
            sum += product
            last = bucket.lowest
            histogram.record(bucket.lowest, count: bucket.count)
        }
        guard let last, max <= Self.highest, histogram.valuesAreEquivalent(last, max) else {
            throw Mistake(description: "the highest value, \(max) µs, isn't in the last bucket")
        }
        // Counts nothing; the histogram keeps its highest value apart, since a bucket is wider than that.
        histogram.record(max, count: 0)
    }
}

extension Percentiles {
    /// The percentiles of a histogram of microseconds.
    init(_ histogram: Histogram<UInt64>) {
        self.init(
            p50: histogram.valueAtPercentile(50),
            p90: histogram.valueAtPercentile(90),
            p99: histogram.valueAtPercentile(99),
            p999: histogram.valueAtPercentile(99.9),
            max: histogram.maxRecorded,
            mean: histogram.mean
        )
    }
}
