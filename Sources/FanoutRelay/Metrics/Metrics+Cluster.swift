internal import Synchronization
internal import WebSockets

extension Metrics {
    /// What a relay does in its group; left out where it is by itself.
    static let cluster: [MetricFamily] = [
        .relay("fanout_cluster_connected", .gauge, "1 while a NATS server of the group is connected.") {
            $0.cluster.map { $0.isConnected.load(ordering: .relaxed) ? 1 : 0 }
        },
        .relay("fanout_cluster_reconnects_total", .counter, "Connections to NATS servers after the first.") {
            $0.cluster?.reconnects.load(ordering: .relaxed)
        },
        .relay("fanout_cluster_takeovers_total", .counter, "How often this relay began to lead a partition.") {
            $0.cluster?.takeovers.load(ordering: .relaxed)
        },
        .relay("fanout_cluster_demotions_total", .counter, "How often this relay ceased to lead a partition.") {
            $0.cluster?.demotions.load(ordering: .relaxed)
        },
        .relay(
            "fanout_cluster_aligned_total",
            .counter,
            "Topics that this relay went on with where the log ended when it began to lead, without a gap."
        ) {
            $0.cluster?.aligned.load(ordering: .relaxed)
        },
        .relay(
            "fanout_cluster_unaligned_total",
            .counter,
            "Topics that this relay told a gap of when it began to lead, though it had stood by."
        ) {
            $0.cluster?.unaligned.load(ordering: .relaxed)
        },
        .partition("fanout_cluster_leader", .gauge, "1 where this relay leads the partition.") {
            $0.isLeader ? "1" : "0"
        },
        .partition("fanout_cluster_term", .gauge, "The newest term of the partition: each leader has one of its own.") {
            "\($0.term)"
        },
        .partition("fanout_cluster_log_sequence", .gauge, "The number of the newest message that was read of the log.")
        {
            "\($0.head)"
        },
        .partition(
            "fanout_cluster_log_lag_messages",
            .gauge,
            "Messages that the log is known to have and that aren't read."
        ) {
            "\($0.end - min($0.head, $0.end))"
        },
        .partition("fanout_cluster_log_last_message_seconds", .gauge, "How long ago the log's newest message came.") {
            let age = EventLoop.now - $0.heard
            return "\(max(0, age / .seconds(1)))"
        },
        .partition("fanout_cluster_log_topics", .gauge, "Topics that the log has.") { "\($0.topics)" },
        .partition("fanout_cluster_outbox_bytes", .gauge, "Bytes that wait to be appended to the log.") {
            "\($0.outboxBytes)"
        },
        .partition("fanout_cluster_appends_total", .counter, "Messages that this relay has appended to the log.") {
            "\($0.counts.appends)"
        },
        .partition(
            "fanout_cluster_append_conflicts_total",
            .counter,
            "Appends that were refused because the log ended elsewhere."
        ) { "\($0.counts.conflicts)" },
        .partition("fanout_cluster_append_doubts_total", .counter, "Appends that were repeated for want of an answer.")
        {
            "\($0.counts.doubts)"
        },
        .partition(
            "fanout_cluster_dropped_events_total",
            .counter,
            "Events that were dropped, and told as a gap, because too much waited to be appended."
        ) { "\($0.counts.droppedEvents)" },
        .partition(
            "fanout_cluster_holes_total",
            .counter,
            "Messages of the log that came before one that was missing, and was then fetched."
        ) { "\($0.counts.holes)" },
        .partition("fanout_cluster_fetched_total", .counter, "Messages of the log that were fetched.") {
            "\($0.counts.fetched)"
        },
        .partition(
            "fanout_cluster_gone_total",
            .counter,
            "Messages of the log that weren't held any more when they were to be read."
        ) { "\($0.counts.gone)" },
        .partition(
            "fanout_cluster_rewinds_total",
            .counter,
            "How often the log turned out not to be the one that was read, and was read again."
        ) { "\($0.counts.rewinds)" },
        .partition(
            "fanout_cluster_stale_messages_total",
            .counter,
            "Messages of a leader whose term was over; always 0 unless the log was rewound."
        ) { "\($0.counts.staleTerms)" },
        .partition(
            "fanout_cluster_unreadable_total",
            .counter,
            "Messages of the log that this release can't read, and tells as a gap."
        ) { "\($0.counts.unreadable)" },
    ]
}

extension MetricFamily {
    /// A metric with a value for each partition of the group's log.
    fileprivate static func partition(
        _ name: String,
        _ kind: Kind,
        _ help: String,
        _ value: @escaping @Sendable (PartitionStatistics.State) -> String
    ) -> MetricFamily {
        MetricFamily(name: name, kind: kind, help: help) { statistics in
            statistics.cluster?.partitions.enumerated().map { number, partition in
                Sample(
                    labels: [("partition", "\(number)")],
                    value: value(partition.state.withLock { $0 })
                )
            }
        }
    }
}
