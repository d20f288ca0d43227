internal import Fanout

/// One metric of the exposition: its name, its kind, its help and where its values come from.
struct MetricFamily: Sendable {
    /// Prometheus' types that occur here.
    enum Kind: String {
        case counter, gauge
    }

    /// A value, told apart from others of its metric by one label or none.
    struct Sample {
        var label: (name: String, value: String)?
        let value: String
    }

    let name: String
    let kind: Kind
    let help: String
    /// The values of now; nil where the metric makes no sense, so that nothing is said of it.
    let samples: @Sendable (Statistics) -> [Sample]?

    /// A metric with one value of the relay; nil where it makes no sense.
    static func relay(
        _ name: String,
        _ kind: Kind,
        _ help: String,
        _ value: @escaping @Sendable (Statistics) -> Int?
    ) -> MetricFamily {
        MetricFamily(name: name, kind: kind, help: help) { value($0).map { [Sample(value: "\($0)")] } }
    }

    /// A metric with a value for each of the operator's topics, and one for all of the clients' under the name `*`.
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

    /// A metric with the sum over the shards: which shard has a client is nobody's business but ours.
    static func shard(
        _ name: String,
        _ kind: Kind,
        _ help: String,
        _ value: @escaping @Sendable (ShardStatistics) -> Int
    ) -> MetricFamily {
        .relay(name, kind, help) { $0.shards.reduce(0) { $0 + value($1) } }
    }

    /// Appends its lines.
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
