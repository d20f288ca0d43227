/// Latencies in microseconds.
struct Percentiles: Equatable {
    var p50: UInt64
    var p90: UInt64
    var p99: UInt64
    var p999: UInt64
    var max: UInt64
    var mean: Double

    /// Of each figure the larger one.
    func larger(_ other: Percentiles) -> Percentiles {
        Percentiles(
            p50: Swift.max(p50, other.p50),
            p90: Swift.max(p90, other.p90),
            p99: Swift.max(p99, other.p99),
            p999: Swift.max(p999, other.p999),
            max: Swift.max(max, other.max),
            mean: Swift.max(mean, other.mean)
        )
    }
}
