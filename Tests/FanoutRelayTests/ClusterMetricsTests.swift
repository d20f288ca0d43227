import Synchronization
import Testing
import WebSockets

@testable import FanoutRelay

struct ClusterMetricsTests {
    @Test func `each partition has its samples, and a relay by itself has none`() throws {
        var configuration = ClusterConfiguration(servers: [], node: "a")
        configuration.partitions = 2
        let cluster = ClusterStatistics(configuration)
        let statistics = Statistics(of: [], shards: 1, cluster: cluster)
        cluster.demotions.store(3, ordering: .relaxed)
        cluster.aligned.store(5, ordering: .relaxed)
        cluster.unaligned.store(4, ordering: .relaxed)
        cluster.partitions[1].state.withLock { state in
            state.head = 7
            state.end = 9
            state.outboxBytes = 5
            state.counts.conflicts = 11
            state.counts.droppedEvents = 12
            state.counts.holes = 13
            state.counts.gone = 14
            state.counts.rewinds = 15
            state.counts.staleTerms = 16
            state.counts.unreadable = 17
        }
        let exposition = try Exposition(parsing: Metrics(statistics).text)
        let samples = exposition.samples.filter { $0.value != 0 && $0.key.hasPrefix("fanout_cluster_") }
        let ages = samples.keys.filter { $0.hasPrefix("fanout_cluster_log_last_message_seconds") }
        #expect(ages.count == 2)
        #expect(
            samples.filter { !ages.contains($0.key) } == [
                "fanout_cluster_demotions_total": 3,
                "fanout_cluster_aligned_total": 5,
                "fanout_cluster_unaligned_total": 4,
                #"fanout_cluster_log_sequence{partition="1"}"#: 7,
                #"fanout_cluster_log_lag_messages{partition="1"}"#: 2,
                #"fanout_cluster_outbox_bytes{partition="1"}"#: 5,
                #"fanout_cluster_append_conflicts_total{partition="1"}"#: 11,
                #"fanout_cluster_dropped_events_total{partition="1"}"#: 12,
                #"fanout_cluster_holes_total{partition="1"}"#: 13,
                #"fanout_cluster_gone_total{partition="1"}"#: 14,
                #"fanout_cluster_rewinds_total{partition="1"}"#: 15,
                #"fanout_cluster_stale_messages_total{partition="1"}"#: 16,
                #"fanout_cluster_unreadable_total{partition="1"}"#: 17,
            ]
        )
        #expect(exposition.samples[#"fanout_cluster_leader{partition="0"}"#] == 0)
        #expect(!Metrics(Statistics(of: [], shards: 1)).text.contains("fanout_cluster_"))
    }
}
