@testable import EventLog

/// Short forms for tests of who wants what: topics are small numbers, times are in leases.
enum DemandSample {
    static let timing = LogTiming(lease: .seconds(2))

    static func time(_ leases: Double) -> Duration { timing.lease * leases }

    static func relay(_ node: String, _ incarnation: UInt64 = 1) -> DemandRelay {
        DemandRelay(node: node, incarnation: incarnation)
    }

    static func topic(_ number: UInt64) -> TopicHash { TopicHash(high: 0, low: number) }

    static func request(_ text: String) -> DemandRequest { DemandRequest(Array(text.utf8)) }

    /// Topics that the operator has.
    static func topics(_ numbers: [UInt64]) -> [DemandedTopic] { numbers.map { DemandedTopic(topic($0), nil) } }

    static func digest(_ numbers: [UInt64]) -> DemandDigest {
        var digest = DemandDigest()
        for number in numbers { digest.insert(topic(number)) }
        return digest
    }
}

extension DemandReport.Content {
    static func want(_ numbers: [UInt64]) -> Self { .want(DemandSample.topics(numbers)) }

    static func release(_ numbers: [UInt64]) -> Self { .release(numbers.map(DemandSample.topic)) }

    static func set(_ numbers: [UInt64], part: Int = 0, of count: Int = 1) -> Self {
        .set(part: part, of: count, DemandSample.topics(numbers))
    }

    static func renew(_ numbers: [UInt64]) -> Self { .renew(DemandSample.digest(numbers)) }
}
