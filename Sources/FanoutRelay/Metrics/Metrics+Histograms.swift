extension Metrics {
    /// How long things take, and how much comes together.
    static let histograms: [MetricFamily] = [
        .histogram(
            "fanout_delivery_latency_seconds",
            "From when an event was read from the server to the end of the sweep that gave it to the clients of a "
                + "shard; of events that a sweep delivers together the first one's."
        ) { $0.shards.map(\.deliveryLatency) },
        .histogram("fanout_sweep_seconds", "How long a sweep took, for all topics and clients of a shard.") {
            $0.shards.map(\.sweepTime)
        },
        .histogram("fanout_batch_events", "How many events of a topic a sweep delivered at once.") {
            $0.shards.map(\.batchSize)
        },
        .histogram(
            "fanout_client_lag_bytes",
            "Payload bytes that clients lack: each is looked at once a second, of many a sample."
        ) { $0.shards.map(\.lag) },
        .histogram(
            "fanout_execution_seconds",
            "From when a client's query or mutation got a place to its last answer."
        ) { [$0.executionTime] },
        .histogram(
            "fanout_upstream_round_trip_seconds",
            "How long the server took to acknowledge a link, or to answer a ping, which only a silent link gets."
        ) { [$0.roundTrip] },
    ]
}
