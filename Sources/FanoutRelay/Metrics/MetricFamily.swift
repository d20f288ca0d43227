internal import Fanout

/// A metric: its name, its type, its help text, and where its values come from.
struct MetricFamily: Sendable {
    /// The types of Prometheus that are used here.
    enum Kind: String {
        case counter, gauge, histogram
    }

    /// A value, and the labels that tell it from the others of its metric.
    struct Sample {
        /// Which of a histogram's values it is; nothing for other metrics.
        var suffix = ""
        var labels: [(name: String, value: String)] = []
        let value: String
    }

    let name: String
    let kind: Kind
    let help: String
    /// The current values; nil where the metric doesn't apply, so that it is left out.
    let samples: @Sendable (Statistics) -> [Sample]?

    /// A metric with one value for the relay; nil where it doesn't apply.
    static func relay(
        _ name: String,
        _ kind: Kind,
        _ help: String,
        _ value: @escaping @Sendable (Statistics) -> Int?
    ) -> MetricFamily {
        MetricFamily(name: name, kind: kind, help: help) { value($0).map { [Sample(value: "\($0)")] } }
    }

    /// A metric with a value for each of the operator's topics, and one for all client topics under the name `*`.
    static func topic(
        _ name: String,
        _ kind: Kind,
        _ help: String,
        _ value: @escaping @Sendable (TopicStatistics) -> Int
    ) -> MetricFamily {
        MetricFamily(name: name, kind: kind, help: help) { statistics in
            (statistics.topics + [statistics.allClientTopics]).map { .of($0, "\(value($0))") }
        }
    }

    /// A metric with the sum of all shards: which shard a client is on matters to nobody outside.
    static func shard(
        _ name: String,
        _ kind: Kind,
        _ help: String,
        _ value: @escaping @Sendable (ShardStatistics) -> Int
    ) -> MetricFamily {
        .relay(name, kind, help) { $0.shards.reduce(0) { $0 + value($1) } }
    }

    /// What one or several histograms of one scale have recorded; left out where there is none.
    static func histogram(
        _ name: String,
        _ help: String,
        _ histograms: @escaping @Sendable (Statistics) -> [Histogram]
    ) -> MetricFamily {
        MetricFamily(name: name, kind: .histogram, help: help) { statistics in
            Histogram.sum(of: histograms(statistics)).map { Sample.of($0.reading, on: $0.scale) }
        }
    }

    /// Appends the metric's lines.
    func append(_ statistics: Statistics, to text: inout String) {
        guard let samples = samples(statistics) else { return }
        text += "# HELP \(name) \(help)\n# TYPE \(name) \(kind.rawValue)\n"
        for sample in samples {
            text += name + sample.suffix
            if !sample.labels.isEmpty {
                let labels = sample.labels.map { "\($0.name)=\"\(Self.escaped($0.value))\"" }
                text += "{\(labels.joined(separator: ","))}"
            }
            text += " \(sample.value)\n"
        }
    }

    /// A label's value, in which a quote, a backslash and the end of a line need an escape.
    private static func escaped(_ value: String) -> String {
        guard value.utf8.contains(where: { $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "\\") || $0 == 0x0A }) else {
            return value
        }
        return value.reduce(into: "") { text, character in
            switch character {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\n", "\r\n": text += "\\n"
            default: text.append(character)
            }
        }
    }
}

extension MetricFamily.Sample {
    /// A value with one label.
    init(label: (name: String, value: String), value: String) {
        self.init(labels: [label], value: value)
    }

    /// A topic's value.
    static func of(_ topic: TopicStatistics, _ value: String) -> Self {
        Self(label: ("topic", topic.name), value: value)
    }

    /// The values of a histogram, whose buckets have what is in the smaller ones too.
    fileprivate static func of(_ reading: Histogram.Reading, on scale: Histogram.Scale) -> [Self] {
        let bounds = scale.bounds.map { scale.text(of: $0) } + ["+Inf"]
        var count = 0
        var samples = zip(bounds, reading.counts).map { bound, further in
            count += further
            return Self(suffix: "_bucket", labels: [("le", bound)], value: "\(count)")
        }
        let sum = scale.unit == 1 ? "\(reading.sum)" : "\(Double(reading.sum) / Double(scale.unit))"
        samples.append(Self(suffix: "_sum", value: sum))
        samples.append(Self(suffix: "_count", value: "\(count)"))
        return samples
    }
}
