internal import Fanout

/// A metric: its name, its type, its help text, and where its values come from.
struct MetricFamily: Sendable {
    /// The types of Prometheus that are used here.
    enum Kind: String {
        case counter, gauge
    }

    /// A value; at most one label tells it from the others of its metric.
    struct Sample {
        var label: (name: String, value: String)?
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

    /// Appends the metric's lines.
    func append(_ statistics: Statistics, to text: inout String) {
        guard let samples = samples(statistics) else { return }
        text += "# HELP \(name) \(help)\n# TYPE \(name) \(kind.rawValue)\n"
        for sample in samples {
            text += name
            if let label = sample.label { text += "{\(label.name)=\"\(label.value)\"}" }
            text += " \(sample.value)\n"
        }
    }
}

extension MetricFamily.Sample {
    /// A topic's value.
    static func of(_ topic: TopicStatistics, _ value: String) -> Self {
        Self(label: ("topic", topic.name), value: value)
    }
}
