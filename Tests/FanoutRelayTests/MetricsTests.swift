import Synchronization
import Testing

@testable import FanoutRelay

struct MetricsTests {
    /// Counters that all have a value of their own.
    private static func statistics() -> Statistics {
        let statistics = Statistics(topics: ["tick", "prices.eu-1"], shards: 2)
        statistics.isUpstreamLive.store(true, ordering: .relaxed)
        statistics.connects.store(3, ordering: .relaxed)
        statistics.disconnects.store(2, ordering: .relaxed)
        statistics.topics[0].recorded(events: 5, bytes: 500, at: .milliseconds(1))
        statistics.topics[0].gaps.store(4, ordering: .relaxed)
        for (index, shard) in statistics.shards.enumerated() {
            shard.clients.store(10 + index, ordering: .relaxed)
            shard.tooSlow.store(1, ordering: .relaxed)
            shard.closed(1013)
            shard.closed(nil)
        }
        statistics.shards[0].closed(1000)
        return statistics
    }

    @Test func `the text is a valid exposition`() throws {
        let exposition = try Exposition(parsing: Metrics(Self.statistics()).text)
        #expect(exposition.samples.count > 20)
        #expect(exposition.samples["fanout_upstream_connected"] == 1)
        #expect(exposition.samples["fanout_upstream_connects_total"] == 3)
        #expect(exposition.samples[#"fanout_topic_events_total{topic="tick"}"#] == 5)
        #expect(exposition.samples[#"fanout_topic_events_total{topic="prices.eu-1"}"#] == 0)
        #expect(exposition.samples[#"fanout_topic_bytes_total{topic="tick"}"#] == 500)
        #expect(exposition.samples[#"fanout_topic_gaps_total{topic="tick"}"#] == 4)
    }

    @Test func `shards are summed up`() throws {
        let exposition = try Exposition(parsing: Metrics(Self.statistics()).text)
        #expect(exposition.samples["fanout_clients"] == 21)
        #expect(exposition.samples["fanout_slow_clients_total"] == 2)
        #expect(exposition.samples[#"fanout_clients_closed_total{code="1013"}"#] == 2)
        #expect(exposition.samples[#"fanout_clients_closed_total{code="1006"}"#] == 2)
        #expect(exposition.samples[#"fanout_clients_closed_total{code="1000"}"#] == 1)
    }

    @Test func `a topic without an event has no age`() throws {
        let exposition = try Exposition(parsing: Metrics(Self.statistics()).text)
        #expect(exposition.samples[#"fanout_topic_last_event_age_seconds{topic="prices.eu-1"}"#] == nil)
        let age = try #require(exposition.samples[#"fanout_topic_last_event_age_seconds{topic="tick"}"#])
        #expect(age >= 0)
    }

    @Test func `counters end in total, and nothing else does`() throws {
        let exposition = try Exposition(parsing: Metrics(Self.statistics()).text)
        for (family, kind) in exposition.kinds { #expect(family.hasSuffix("_total") == (kind == "counter")) }
    }
}
