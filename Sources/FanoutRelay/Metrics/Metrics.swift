internal import Fanout
internal import GraphQLSession
internal import Synchronization
internal import WebSockets

/// The counters in Prometheus' text format, version 0.0.4.
struct Metrics {
    private enum Kind: String {
        case counter, gauge
    }

    private let statistics: Statistics

    init(_ statistics: Statistics) { self.statistics = statistics }

    /// The whole exposition.
    var text: String {
        var text = ""
        upstream(into: &text)
        topics(into: &text)
        clientTopics(into: &text)
        executions(into: &text)
        quarantine(into: &text)
        shards(into: &text)
        listener(into: &text)
        return text
    }

    private func upstream(into text: inout String) {
        head("fanout_upstream_connected", .gauge, "1 while the upstream link is acknowledged.", &text)
        text += "fanout_upstream_connected \(statistics.isUpstreamLive.load(ordering: .relaxed) ? 1 : 0)\n"
        head("fanout_upstream_connects_total", .counter, "Acknowledged upstream links.", &text)
        text += "fanout_upstream_connects_total \(statistics.connects.load(ordering: .relaxed))\n"
        head("fanout_upstream_failures_total", .counter, "Upstream links lost and attempts failed.", &text)
        text += "fanout_upstream_failures_total \(statistics.disconnects.load(ordering: .relaxed))\n"
        let name = "fanout_upstream_ignored_messages_total"
        head(name, .counter, "Messages of the upstream of unknown types, for no operation, or with odd pings.", &text)
        let ignored = statistics.session.withLock { $0?.ignoredMessages.load(ordering: .relaxed) } ?? 0
        text += "\(name) \(ignored)\n"
        if let dropped = statistics.droppedLogLines.withLock({ $0 }) {
            let name = "fanout_log_lines_dropped_total"
            head(name, .counter, "Lines of the log that were dropped, since it wasn't read fast enough.", &text)
            text += "\(name) \(dropped())\n"
        }
        head("fanout_draining", .gauge, "1 while the relay shuts down, or is about to.", &text)
        text += "fanout_draining \(statistics.isLeaving.load(ordering: .relaxed) ? 1 : 0)\n"
    }

    private func topics(into text: inout String) {
        topic("fanout_topic_live", .gauge, "Upstream operations of the topic that run; * are clients' own.", &text) {
            $0.live.load(ordering: .relaxed)
        }
        let down = "fanout_topic_down"
        head(down, .gauge, "1 while the topic should run and doesn't: refused, interrupted, or not started yet.", &text)
        for topic in statistics.topics { text += "\(down){topic=\"\(topic.name)\"} \(topic.lack == nil ? 0 : 1)\n" }
        topic("fanout_topic_events_total", .counter, "Events received from the upstream.", &text) {
            $0.events.load(ordering: .relaxed)
        }
        topic("fanout_topic_bytes_total", .counter, "Payload bytes received from the upstream.", &text) {
            $0.bytes.load(ordering: .relaxed)
        }
        topic("fanout_topic_interruptions_total", .counter, "Interruptions of the upstream operation.", &text) {
            $0.interruptions.load(ordering: .relaxed)
        }
        topic("fanout_topic_gaps_total", .counter, "Places where events may be missing.", &text) {
            $0.gaps.load(ordering: .relaxed)
        }
        topic("fanout_topic_errors_total", .counter, "Times the upstream refused the operation.", &text) {
            $0.errors.load(ordering: .relaxed)
        }
        topic("fanout_topic_refetch_failures_total", .counter, "Refetches without a result.", &text) {
            $0.refetchFailures.load(ordering: .relaxed)
        }
        let now = EventLoop.now
        let milliseconds = now.components.seconds * 1000 + now.components.attoseconds / 1_000_000_000_000_000
        head("fanout_topic_last_event_age_seconds", .gauge, "Time since the last event; absent before it.", &text)
        for topic in statistics.topics + [statistics.allClientTopics] {
            let last = topic.lastEvent.load(ordering: .relaxed)
            guard last > 0 else { continue }
            let age = max(0, Double(milliseconds - last) / 1000)
            text += "fanout_topic_last_event_age_seconds{topic=\"\(topic.name)\"} \(age)\n"
        }
    }

    private func clientTopics(into text: inout String) {
        head("fanout_client_topics", .gauge, "Topics that clients' own subscriptions made.", &text)
        text += "fanout_client_topics \(statistics.clientTopics.load(ordering: .relaxed))\n"
        head("fanout_client_topics_opened_total", .counter, "Such topics that were started.", &text)
        text += "fanout_client_topics_opened_total \(statistics.openedTopics.load(ordering: .relaxed))\n"
        head("fanout_client_topics_refused_total", .counter, "Such topics that were over the limit.", &text)
        text += "fanout_client_topics_refused_total \(statistics.refusedTopics.load(ordering: .relaxed))\n"
    }

    private func executions(into text: inout String) {
        head("fanout_executions", .gauge, "Clients' queries and mutations that run, or whose answers go out.", &text)
        text += "fanout_executions \(statistics.executions.load(ordering: .relaxed))\n"
        let queryRunner = statistics.queryRunner.withLock { $0 }
        head("fanout_executions_waiting", .gauge, "Those that wait for a place.", &text)
        text += "fanout_executions_waiting \(queryRunner?.waiting ?? 0)\n"
        head("fanout_executions_refused_total", .counter, "Those that got no place in time.", &text)
        text += "fanout_executions_refused_total \(statistics.refusedExecutions.load(ordering: .relaxed))\n"
        head("fanout_executions_abandoned_total", .counter, "Those whose clients left or completed them first.", &text)
        text += "fanout_executions_abandoned_total \(statistics.abandonedExecutions.load(ordering: .relaxed))\n"
        head("fanout_answer_bytes", .gauge, "Bytes of answers that wait for clients to read them.", &text)
        text += "fanout_answer_bytes \(queryRunner?.budget.held ?? 0)\n"
        head("fanout_answers_dropped_total", .counter, "Answers over their budget, errors in their place.", &text)
        text += "fanout_answers_dropped_total \(statistics.droppedAnswers.load(ordering: .relaxed))\n"
        let servers = statistics.servers.withLock { $0 }
        let slow = servers.reduce(statistics.slowReaders.load(ordering: .relaxed)) { $0 + $1.slowReaderCount }
        head("fanout_slow_readers_total", .counter, "Clients cut off because they hardly read an answer.", &text)
        text += "fanout_slow_readers_total \(slow)\n"
    }

    private func quarantine(into text: inout String) {
        head("fanout_quarantined_total", .counter, "Clients' operations at which the link broke twice.", &text)
        text += "fanout_quarantined_total \(statistics.quarantined.load(ordering: .relaxed))\n"
        head("fanout_quarantine_refusals_total", .counter, "Times that such an operation was refused.", &text)
        text += "fanout_quarantine_refusals_total \(statistics.quarantineRefusals.load(ordering: .relaxed))\n"
    }

    private func shards(into text: inout String) {
        shard("fanout_clients", .gauge, "Clients, by WebSocket or server-sent events.", &text) {
            $0.clients.load(ordering: .relaxed)
        }
        shard("fanout_event_streams", .gauge, "Clients that read server-sent events.", &text) {
            $0.streams.load(ordering: .relaxed)
        }
        shard("fanout_subscriptions", .gauge, "Clients' subscriptions.", &text) {
            $0.subscriptions.load(ordering: .relaxed)
        }
        shard("fanout_clients_opened_total", .counter, "Clients that came.", &text) {
            $0.opened.load(ordering: .relaxed)
        }
        shard("fanout_deliveries_total", .counter, "Frames handed to the kernel for subscribers.", &text) {
            $0.deliveries.load(ordering: .relaxed)
        }
        shard("fanout_delivered_bytes_total", .counter, "Bytes of those frames.", &text) {
            $0.bytes.load(ordering: .relaxed)
        }
        shard("fanout_sweeps_total", .counter, "Batches handed to the subscribers.", &text) {
            $0.sweeps.load(ordering: .relaxed)
        }
        shard(
            "fanout_slow_clients_total",
            .counter,
            "Times a client lagged too far and was closed or lost events.",
            &text
        ) {
            $0.tooSlow.load(ordering: .relaxed)
        }
        shard("fanout_untold_gaps_total", .counter, "Gaps that clients weren't told of: no word for it.", &text) {
            $0.untoldGaps.load(ordering: .relaxed)
        }
        shard("fanout_unresumed_total", .counter, "Tokens of returning clients that were answered with a gap.", &text) {
            $0.unresumed.load(ordering: .relaxed)
        }
        let gathering = statistics.gathering.withLock { $0 }
        head("fanout_gathered_bytes", .gauge, "Bytes of clients' messages and bodies that aren't whole yet.", &text)
        text += "fanout_gathered_bytes \(gathering?.bytes ?? 0)\n"
        head("fanout_gathered_given_up_total", .counter, "Such messages and bodies that were too much.", &text)
        text += "fanout_gathered_given_up_total \(gathering?.givenUp ?? 0)\n"
        head("fanout_clients_closed_total", .counter, "Clients that left, by code; 1006: none, 0: its own.", &text)
        var codes: [UInt16: Int] = [:]
        for shard in statistics.shards { codes.merge(shard.closesByCode, uniquingKeysWith: +) }
        for (code, count) in codes.sorted(by: { $0.key < $1.key }) {
            text += "fanout_clients_closed_total{code=\"\(code)\"} \(count)\n"
        }
    }

    private func listener(into text: inout String) {
        let end = statistics.certificateEnd.load(ordering: .relaxed)
        if end != 0 {
            let name = "fanout_tls_certificate_expiry_timestamp_seconds"
            head(name, .gauge, "When the TLS certificate that clients are shown runs out.", &text)
            text += "\(name) \(end)\n"
        }
        guard let listener = statistics.listener.withLock({ $0 }) else { return }
        if let handshakes = listener.handshakes {
            head("fanout_tls_handshakes_begun_total", .counter, "TLS handshakes that clients began.", &text)
            text += "fanout_tls_handshakes_begun_total \(handshakes.begun)\n"
            head("fanout_tls_handshakes_completed_total", .counter, "Those that were completed.", &text)
            text += "fanout_tls_handshakes_completed_total \(handshakes.completed)\n"
        }
        head("fanout_connections_accepted_total", .counter, "TCP connections accepted.", &text)
        text += "fanout_connections_accepted_total \(listener.accepted)\n"
        head("fanout_connections_refused_total", .counter, "TCP connections turned away, by reason.", &text)
        for reason in Listener.Refusal.allCases {
            text += "fanout_connections_refused_total{reason=\"\(reason.rawValue)\"} \(listener.refused(reason))\n"
        }
    }

    private func topic(
        _ name: String,
        _ kind: Kind,
        _ help: String,
        _ text: inout String,
        value: (TopicStatistics) -> Int
    ) {
        head(name, kind, help, &text)
        for topic in statistics.topics + [statistics.allClientTopics] {
            text += "\(name){topic=\"\(topic.name)\"} \(value(topic))\n"
        }
    }

    /// The sum over the shards: which shard has a client is nobody's business but ours.
    private func shard(
        _ name: String,
        _ kind: Kind,
        _ help: String,
        _ text: inout String,
        value: (ShardStatistics) -> Int
    ) {
        head(name, kind, help, &text)
        text += "\(name) \(statistics.shards.reduce(0) { $0 + value($1) })\n"
    }

    private func head(_ name: String, _ kind: Kind, _ help: String, _ text: inout String) {
        text += "# HELP \(name) \(help)\n# TYPE \(name) \(kind.rawValue)\n"
    }
}
