/// A second of a run.
struct Sample {
    /// The seconds from the window's beginning to the sample's end.
    var time: Double
    /// Deliveries a second.
    var deliveries: Double
    /// Megabytes (10^6) a second.
    var megabytes: Double
    /// The second's latencies, if there were any.
    var latency: Percentiles?
}
