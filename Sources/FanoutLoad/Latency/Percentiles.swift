/// Latencies in microseconds.
struct Percentiles: Equatable {
    var p50: UInt64
    var p90: UInt64
    var p99: UInt64
    var p999: UInt64
    var max: UInt64
    var mean: Double
}
