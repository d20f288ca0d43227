/// One second of a run, or a few.
struct Sample: Equatable {
    /// The seconds from the window's start to the end of this sample.
    var time: Double
    /// Deliveries a second.
    var deliveries: Double
    /// Megabytes (10^6) a second.
    var megabytes: Double
    /// The latencies, if there were any.
    var latency: Percentiles?

    /// One sample for this one and the next: mean rates, and of each percentile the larger one.
    func merged(with next: Sample) -> Sample {
        Sample(
            time: next.time,
            deliveries: (deliveries + next.deliveries) / 2,
            megabytes: (megabytes + next.megabytes) / 2,
            latency: latency.map { mine in next.latency.map { mine.larger($0) } ?? mine } ?? next.latency
        )
    }
}

/// The samples of a run of any length: when there are too many, each two become one.
struct SampleSeries {
    /// The most samples that are kept.
    static let limit = 3600

    private(set) var samples: [Sample] = []
    /// How many seconds a sample stands for.
    private var span = 1
    private var unfinished: (sample: Sample, seconds: Int)?

    /// Takes the sample of a further second.
    mutating func append(_ sample: Sample) {
        let (former, seconds) = unfinished.map { ($0.sample.merged(with: sample), $0.seconds + 1) } ?? (sample, 1)
        guard seconds >= span else { return unfinished = (former, seconds) }
        unfinished = nil
        samples.append(former)
        guard samples.count >= Self.limit else { return }
        samples = stride(from: 0, to: samples.count - 1, by: 2).map { samples[$0].merged(with: samples[$0 + 1]) }
        span *= 2
    }
}

/// A sample as one JSON object on one line.
struct SampleLine {
    private let sample: Sample
    private let totals: Totals

    /// With the counts since the run's beginning.
    init(_ sample: Sample, _ totals: Totals) {
        self.sample = sample
        self.totals = totals
    }

    /// The object and a line end.
    var text: String {
        let milliseconds = { (value: UInt64) in JSONText.number(Double(value) / 1000) }
        let latency = sample.latency.map { latency in
            JSONText.object([
                "p50": milliseconds(latency.p50), "p90": milliseconds(latency.p90), "p99": milliseconds(latency.p99),
                "p99.9": milliseconds(latency.p999), "max": milliseconds(latency.max),
            ])
        }
        return JSONText.object([
            "seconds": JSONText.number(sample.time),
            "open": "\(totals.open)",
            "deliveriesPerSecond": JSONText.number(sample.deliveries),
            "megabytesPerSecond": JSONText.number(sample.megabytes),
            "latencyMilliseconds": latency ?? "null",
            "lost": "\(totals.sequence.lost)",
            "duplicated": "\(totals.sequence.duplicated)",
            "reordered": "\(totals.sequence.reordered)",
            "closed": "\(totals.closed)",
        ]) + "\n"
    }
}
