extension MetricsTests {
    /// What `/metrics` says of these counters, byte by byte.
    static let golden = """
        # HELP fanout_upstream_connected 1 while the upstream link is acknowledged.
        # TYPE fanout_upstream_connected gauge
        fanout_upstream_connected 1
        # HELP fanout_upstream_connects_total Acknowledged upstream links.
        # TYPE fanout_upstream_connects_total counter
        fanout_upstream_connects_total 3
        # HELP fanout_upstream_failures_total Upstream links that were lost, and attempts to connect that failed.
        # TYPE fanout_upstream_failures_total counter
        fanout_upstream_failures_total 2
        # HELP fanout_upstream_resumptions_total Operations that went on after an interruption without a gap, because a \
        relay upstream held what was missed.
        # TYPE fanout_upstream_resumptions_total counter
        fanout_upstream_resumptions_total 0
        # HELP fanout_upstream_ignored_messages_total Upstream messages that were ignored: of an unknown type, for no \
        operation, or a ping with a wrong payload.
        # TYPE fanout_upstream_ignored_messages_total counter
        fanout_upstream_ignored_messages_total 0
        # HELP fanout_log_lines_dropped_total Log lines that were dropped because the log wasn't read fast enough.
        # TYPE fanout_log_lines_dropped_total counter
        fanout_log_lines_dropped_total 6
        # HELP fanout_upstream_attempt Number of the attempt to connect that is made or awaited, since the last link \
        that stayed; 0 \
        while connected.
        # TYPE fanout_upstream_attempt gauge
        fanout_upstream_attempt 0
        # HELP fanout_upstream_retry_seconds Time until the next attempt to connect; 0 while none is awaited.
        # TYPE fanout_upstream_retry_seconds gauge
        fanout_upstream_retry_seconds 0.0
        # HELP fanout_draining 1 while the relay shuts down or is about to.
        # TYPE fanout_draining gauge
        fanout_draining 0
        # HELP fanout_topic_live Upstream operations of the topic that run; * stands for all client topics.
        # TYPE fanout_topic_live gauge
        fanout_topic_live{topic="tick"} 0
        fanout_topic_live{topic="prices.eu-1"} 0
        fanout_topic_live{topic="*"} 0
        # HELP fanout_topic_down 1 while the topic should run and doesn't: refused, interrupted, or not started yet.
        # TYPE fanout_topic_down gauge
        fanout_topic_down{topic="tick"} 1
        fanout_topic_down{topic="prices.eu-1"} 1
        # HELP fanout_topic_events_total Events received from the upstream.
        # TYPE fanout_topic_events_total counter
        fanout_topic_events_total{topic="tick"} 5
        fanout_topic_events_total{topic="prices.eu-1"} 0
        fanout_topic_events_total{topic="*"} 0
        # HELP fanout_topic_bytes_total Payload bytes received from the upstream.
        # TYPE fanout_topic_bytes_total counter
        fanout_topic_bytes_total{topic="tick"} 500
        fanout_topic_bytes_total{topic="prices.eu-1"} 0
        fanout_topic_bytes_total{topic="*"} 0
        # HELP fanout_topic_interruptions_total Interruptions of the upstream operation.
        # TYPE fanout_topic_interruptions_total counter
        fanout_topic_interruptions_total{topic="tick"} 0
        fanout_topic_interruptions_total{topic="prices.eu-1"} 0
        fanout_topic_interruptions_total{topic="*"} 0
        # HELP fanout_topic_gaps_total Gaps: places in the topic where events may be missing.
        # TYPE fanout_topic_gaps_total counter
        fanout_topic_gaps_total{topic="tick"} 4
        fanout_topic_gaps_total{topic="prices.eu-1"} 0
        fanout_topic_gaps_total{topic="*"} 0
        # HELP fanout_topic_errors_total Times the upstream refused the operation.
        # TYPE fanout_topic_errors_total counter
        fanout_topic_errors_total{topic="tick"} 0
        fanout_topic_errors_total{topic="prices.eu-1"} 0
        fanout_topic_errors_total{topic="*"} 0
        # HELP fanout_topic_refetch_failures_total Refetches without a result.
        # TYPE fanout_topic_refetch_failures_total counter
        fanout_topic_refetch_failures_total{topic="tick"} 0
        fanout_topic_refetch_failures_total{topic="prices.eu-1"} 0
        fanout_topic_refetch_failures_total{topic="*"} 0
        # HELP fanout_topic_history_bytes Bytes of the topic's events that are held: payloads, and 512 for each \
        batch; all \
        shards share them.
        # TYPE fanout_topic_history_bytes gauge
        fanout_topic_history_bytes{topic="tick"} 0
        fanout_topic_history_bytes{topic="prices.eu-1"} 0
        fanout_topic_history_bytes{topic="*"} 0
        # HELP fanout_topic_last_event_age_seconds Time since the last event; absent before the first one.
        # TYPE fanout_topic_last_event_age_seconds gauge
        # HELP fanout_client_topics Client topics: those that clients' own subscriptions started.
        # TYPE fanout_client_topics gauge
        fanout_client_topics 0
        # HELP fanout_client_topics_opened_total Client topics that were started.
        # TYPE fanout_client_topics_opened_total counter
        fanout_client_topics_opened_total 0
        # HELP fanout_client_topics_refused_total Client topics that were refused because of the limit.
        # TYPE fanout_client_topics_refused_total counter
        fanout_client_topics_refused_total 0
        # HELP fanout_executions Clients' queries and mutations that run or have answers to send.
        # TYPE fanout_executions gauge
        fanout_executions 0
        # HELP fanout_executions_waiting Clients' queries and mutations that wait for a place.
        # TYPE fanout_executions_waiting gauge
        fanout_executions_waiting 0
        # HELP fanout_executions_refused_total Clients' queries and mutations that got no place in time.
        # TYPE fanout_executions_refused_total counter
        fanout_executions_refused_total 0
        # HELP fanout_executions_abandoned_total Clients' queries and mutations whose client left or completed them \
        before the answer.
        # TYPE fanout_executions_abandoned_total counter
        fanout_executions_abandoned_total 0
        # HELP fanout_answer_bytes Bytes of answers that wait for clients to read them.
        # TYPE fanout_answer_bytes gauge
        fanout_answer_bytes 0
        # HELP fanout_answers_dropped_total Answers that were replaced by an error because too many bytes waited.
        # TYPE fanout_answers_dropped_total counter
        fanout_answers_dropped_total 0
        # HELP fanout_slow_readers_total Clients that were cut off because they read an answer too slowly.
        # TYPE fanout_slow_readers_total counter
        fanout_slow_readers_total 0
        # HELP fanout_quarantined_total Clients' operations that were quarantined because the link broke twice while \
        they ran.
        # TYPE fanout_quarantined_total counter
        fanout_quarantined_total 0
        # HELP fanout_quarantine_refusals_total Times that a quarantined operation was refused.
        # TYPE fanout_quarantine_refusals_total counter
        fanout_quarantine_refusals_total 0
        # HELP fanout_clients Clients that are connected by WebSocket or server-sent events.
        # TYPE fanout_clients gauge
        fanout_clients 21
        # HELP fanout_event_streams Clients that read server-sent events.
        # TYPE fanout_event_streams gauge
        fanout_event_streams 0
        # HELP fanout_protocol_clients Clients that are connected, by what they speak.
        # TYPE fanout_protocol_clients gauge
        fanout_protocol_clients{protocol="graphql-transport-ws"} 0
        fanout_protocol_clients{protocol="graphql-ws"} 0
        fanout_protocol_clients{protocol="fanout.v1.json"} 0
        fanout_protocol_clients{protocol="event-stream"} 0
        fanout_protocol_clients{protocol="graphql-event-stream"} 0
        # HELP fanout_subscriptions Subscriptions of clients to topics.
        # TYPE fanout_subscriptions gauge
        fanout_subscriptions 0
        # HELP fanout_clients_opened_total Clients that connected.
        # TYPE fanout_clients_opened_total counter
        fanout_clients_opened_total 0
        # HELP fanout_deliveries_total Frames handed to the kernel for subscribers.
        # TYPE fanout_deliveries_total counter
        fanout_deliveries_total 0
        # HELP fanout_delivered_bytes_total Bytes of the frames handed to the kernel for subscribers.
        # TYPE fanout_delivered_bytes_total counter
        fanout_delivered_bytes_total 0
        # HELP fanout_sweeps_total Sweeps: passes over the subscribers that deliver a batch.
        # TYPE fanout_sweeps_total counter
        fanout_sweeps_total 0
        # HELP fanout_slow_clients_total Times that a client lagged too far, so that it was closed or lost events.
        # TYPE fanout_slow_clients_total counter
        fanout_slow_clients_total 2
        # HELP fanout_untold_gaps_total Gaps that clients weren't told of because their protocol has no message for it, also when a token expired.
        # TYPE fanout_untold_gaps_total counter
        fanout_untold_gaps_total 0
        # HELP fanout_unresumed_total Resume tokens that were answered with a gap.
        # TYPE fanout_unresumed_total counter
        fanout_unresumed_total 0
        # HELP fanout_gathered_bytes Bytes of clients' messages and request bodies that are still incomplete.
        # TYPE fanout_gathered_bytes gauge
        fanout_gathered_bytes 0
        # HELP fanout_gathered_given_up_total Incomplete messages and bodies that were given up because all together \
        were over the limit.
        # TYPE fanout_gathered_given_up_total counter
        fanout_gathered_given_up_total 0
        # HELP fanout_held_bytes Bytes that are held, by what for: histories of topics, answers to clients, and their \
        unfinished messages.
        # TYPE fanout_held_bytes gauge
        fanout_held_bytes{owner="histories"} 0
        fanout_held_bytes{owner="answers"} 0
        fanout_held_bytes{owner="messages"} 0
        # HELP fanout_memory_bytes Memory of the process that is resident, as of the last look at it.
        # TYPE fanout_memory_bytes gauge
        fanout_memory_bytes 5000
        # HELP fanout_memory_limit_bytes Memory that the process may have, by --max-memory.
        # TYPE fanout_memory_limit_bytes gauge
        fanout_memory_limit_bytes 9223372036854775807
        # HELP fanout_memory_pressure 2 while memory is so short that laggards are closed, 1 while new clients are \
        refused, else 0.
        # TYPE fanout_memory_pressure gauge
        fanout_memory_pressure 0
        # HELP fanout_memory_shed_clients_total Clients that were closed because memory was short.
        # TYPE fanout_memory_shed_clients_total counter
        fanout_memory_shed_clients_total 1
        # HELP fanout_memory_refused_topics_total Topics of clients' own that were refused because memory was short.
        # TYPE fanout_memory_refused_topics_total counter
        fanout_memory_refused_topics_total 0
        # HELP fanout_client_limits_total Messages, operations and connections that were refused because a client or \
        subject has a limit.
        # TYPE fanout_client_limits_total counter
        fanout_client_limits_total{reason="message_rate"} 1
        fanout_client_limits_total{reason="subscribe_rate"} 0
        fanout_client_limits_total{reason="operations"} 0
        fanout_client_limits_total{reason="subject"} 2
        # HELP fanout_bodies_refused_total Requests whose body wasn't taken: its length wasn't told, it was too large, \
        too much was sent by all, or it took too long.
        # TYPE fanout_bodies_refused_total counter
        fanout_bodies_refused_total{reason="framing"} 0
        fanout_bodies_refused_total{reason="size"} 1
        fanout_bodies_refused_total{reason="crowd"} 0
        fanout_bodies_refused_total{reason="timeout"} 0
        # HELP fanout_clients_closed_total Clients that left, by close code; 1006 if there was none, 0 if a \
        client chose one outside 1000 to 1015.
        # TYPE fanout_clients_closed_total counter
        fanout_clients_closed_total{code="1000"} 1
        fanout_clients_closed_total{code="1006"} 2
        fanout_clients_closed_total{code="1013"} 2
        # HELP fanout_clients_closed_by_operators_total Clients that an operator has closed.
        # TYPE fanout_clients_closed_by_operators_total counter
        fanout_clients_closed_by_operators_total 0
        # HELP fanout_delivery_latency_seconds From when an event was read from the server to the end of the sweep \
        that gave it to the \
        clients of a shard; of events that a sweep delivers together the first one's.
        # TYPE fanout_delivery_latency_seconds histogram
        fanout_delivery_latency_seconds_bucket{le="0.0001"} 0
        fanout_delivery_latency_seconds_bucket{le="0.00025"} 0
        fanout_delivery_latency_seconds_bucket{le="0.0005"} 0
        fanout_delivery_latency_seconds_bucket{le="0.001"} 0
        fanout_delivery_latency_seconds_bucket{le="0.0025"} 0
        fanout_delivery_latency_seconds_bucket{le="0.005"} 0
        fanout_delivery_latency_seconds_bucket{le="0.01"} 0
        fanout_delivery_latency_seconds_bucket{le="0.025"} 0
        fanout_delivery_latency_seconds_bucket{le="0.05"} 0
        fanout_delivery_latency_seconds_bucket{le="0.1"} 0
        fanout_delivery_latency_seconds_bucket{le="0.25"} 0
        fanout_delivery_latency_seconds_bucket{le="0.5"} 0
        fanout_delivery_latency_seconds_bucket{le="1.0"} 0
        fanout_delivery_latency_seconds_bucket{le="2.5"} 0
        fanout_delivery_latency_seconds_bucket{le="5.0"} 0
        fanout_delivery_latency_seconds_bucket{le="10.0"} 0
        fanout_delivery_latency_seconds_bucket{le="+Inf"} 0
        fanout_delivery_latency_seconds_sum 0.0
        fanout_delivery_latency_seconds_count 0
        # HELP fanout_sweep_seconds How long a sweep took, for all topics and clients of a shard.
        # TYPE fanout_sweep_seconds histogram
        fanout_sweep_seconds_bucket{le="1e-05"} 0
        fanout_sweep_seconds_bucket{le="2.5e-05"} 0
        fanout_sweep_seconds_bucket{le="5e-05"} 0
        fanout_sweep_seconds_bucket{le="0.0001"} 0
        fanout_sweep_seconds_bucket{le="0.00025"} 0
        fanout_sweep_seconds_bucket{le="0.0005"} 0
        fanout_sweep_seconds_bucket{le="0.001"} 0
        fanout_sweep_seconds_bucket{le="0.0025"} 0
        fanout_sweep_seconds_bucket{le="0.005"} 0
        fanout_sweep_seconds_bucket{le="0.01"} 0
        fanout_sweep_seconds_bucket{le="0.025"} 0
        fanout_sweep_seconds_bucket{le="0.05"} 0
        fanout_sweep_seconds_bucket{le="0.1"} 0
        fanout_sweep_seconds_bucket{le="0.25"} 0
        fanout_sweep_seconds_bucket{le="0.5"} 0
        fanout_sweep_seconds_bucket{le="1.0"} 0
        fanout_sweep_seconds_bucket{le="+Inf"} 0
        fanout_sweep_seconds_sum 0.0
        fanout_sweep_seconds_count 0
        # HELP fanout_batch_events How many events of a topic a sweep delivered at once.
        # TYPE fanout_batch_events histogram
        fanout_batch_events_bucket{le="1"} 0
        fanout_batch_events_bucket{le="2"} 0
        fanout_batch_events_bucket{le="4"} 0
        fanout_batch_events_bucket{le="8"} 0
        fanout_batch_events_bucket{le="16"} 0
        fanout_batch_events_bucket{le="32"} 0
        fanout_batch_events_bucket{le="64"} 0
        fanout_batch_events_bucket{le="128"} 0
        fanout_batch_events_bucket{le="256"} 0
        fanout_batch_events_bucket{le="512"} 0
        fanout_batch_events_bucket{le="1024"} 0
        fanout_batch_events_bucket{le="4096"} 0
        fanout_batch_events_bucket{le="+Inf"} 0
        fanout_batch_events_sum 0
        fanout_batch_events_count 0
        # HELP fanout_client_lag_bytes Payload bytes that clients lack: each is looked at once a second, of many a \
        sample.
        # TYPE fanout_client_lag_bytes histogram
        fanout_client_lag_bytes_bucket{le="0"} 0
        fanout_client_lag_bytes_bucket{le="1024"} 0
        fanout_client_lag_bytes_bucket{le="4096"} 0
        fanout_client_lag_bytes_bucket{le="16384"} 0
        fanout_client_lag_bytes_bucket{le="65536"} 0
        fanout_client_lag_bytes_bucket{le="262144"} 0
        fanout_client_lag_bytes_bucket{le="1048576"} 0
        fanout_client_lag_bytes_bucket{le="4194304"} 0
        fanout_client_lag_bytes_bucket{le="16777216"} 0
        fanout_client_lag_bytes_bucket{le="67108864"} 0
        fanout_client_lag_bytes_bucket{le="+Inf"} 0
        fanout_client_lag_bytes_sum 0
        fanout_client_lag_bytes_count 0
        # HELP fanout_execution_seconds From when a client's query or mutation got a place to its last answer.
        # TYPE fanout_execution_seconds histogram
        fanout_execution_seconds_bucket{le="0.001"} 0
        fanout_execution_seconds_bucket{le="0.0025"} 0
        fanout_execution_seconds_bucket{le="0.005"} 0
        fanout_execution_seconds_bucket{le="0.01"} 0
        fanout_execution_seconds_bucket{le="0.025"} 0
        fanout_execution_seconds_bucket{le="0.05"} 0
        fanout_execution_seconds_bucket{le="0.1"} 0
        fanout_execution_seconds_bucket{le="0.25"} 0
        fanout_execution_seconds_bucket{le="0.5"} 0
        fanout_execution_seconds_bucket{le="1.0"} 0
        fanout_execution_seconds_bucket{le="2.5"} 0
        fanout_execution_seconds_bucket{le="5.0"} 0
        fanout_execution_seconds_bucket{le="10.0"} 0
        fanout_execution_seconds_bucket{le="15.0"} 0
        fanout_execution_seconds_bucket{le="30.0"} 0
        fanout_execution_seconds_bucket{le="+Inf"} 0
        fanout_execution_seconds_sum 0.0
        fanout_execution_seconds_count 0
        # HELP fanout_upstream_round_trip_seconds How long the server took to acknowledge a link, or to answer a \
        ping, which \
        only a silent link gets.
        # TYPE fanout_upstream_round_trip_seconds histogram
        fanout_upstream_round_trip_seconds_bucket{le="0.0001"} 0
        fanout_upstream_round_trip_seconds_bucket{le="0.00025"} 0
        fanout_upstream_round_trip_seconds_bucket{le="0.0005"} 0
        fanout_upstream_round_trip_seconds_bucket{le="0.001"} 0
        fanout_upstream_round_trip_seconds_bucket{le="0.0025"} 0
        fanout_upstream_round_trip_seconds_bucket{le="0.005"} 0
        fanout_upstream_round_trip_seconds_bucket{le="0.01"} 0
        fanout_upstream_round_trip_seconds_bucket{le="0.025"} 0
        fanout_upstream_round_trip_seconds_bucket{le="0.05"} 0
        fanout_upstream_round_trip_seconds_bucket{le="0.1"} 0
        fanout_upstream_round_trip_seconds_bucket{le="0.25"} 0
        fanout_upstream_round_trip_seconds_bucket{le="0.5"} 0
        fanout_upstream_round_trip_seconds_bucket{le="1.0"} 0
        fanout_upstream_round_trip_seconds_bucket{le="2.5"} 0
        fanout_upstream_round_trip_seconds_bucket{le="5.0"} 0
        fanout_upstream_round_trip_seconds_bucket{le="10.0"} 0
        fanout_upstream_round_trip_seconds_bucket{le="+Inf"} 0
        fanout_upstream_round_trip_seconds_sum 0.0
        fanout_upstream_round_trip_seconds_count 0
        # HELP fanout_tls_certificate_expiry_timestamp_seconds When the TLS certificate for clients expires; the first one of several.
        # TYPE fanout_tls_certificate_expiry_timestamp_seconds gauge
        fanout_tls_certificate_expiry_timestamp_seconds 1800000000

        """
}
