/// One second of a run.
struct Sample {
    /// The seconds from the window's start to the end of this sample.
    var time: Double
    /// Deliveries a second.
    var deliveries: Double
    /// Megabytes (10^6) a second.
    var megabytes: Double
    /// The second's latencies, if there were any.
    var latency: Percentiles?
}
