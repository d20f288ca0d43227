internal import AllowedDocuments
internal import Fanout
internal import GraphQLSession
internal import Synchronization
internal import WebSockets

/// The counters in Prometheus' text format, version 0.0.4.
struct Metrics {
    private let statistics: Statistics

    init(_ statistics: Statistics) { self.statistics = statistics }

    /// The whole exposition.
    var text: String { text(of: Self.families) }

    /// The exposition of some metrics.
    func text(of families: [MetricFamily]) -> String {
        var text = ""
        for family in families { family.append(statistics, to: &text) }
        return text
    }

    /// All metrics, in the order of the exposition.
    static let families = relay + process

    /// What the relay counts by itself.
    static let relay =
        upstream + topics + clientTopics + executions + quarantine + shards + histograms + listener + access
        + cluster

    private static let upstream: [MetricFamily] = [
        .relay("fanout_upstream_connected", .gauge, "1 while the upstream link is acknowledged.") {
            $0.isUpstreamLive.load(ordering: .relaxed) ? 1 : 0
        },
        .relay("fanout_upstream_connects_total", .counter, "Acknowledged upstream links.") {
            $0.connects.load(ordering: .relaxed)
        },
        .relay(
            "fanout_upstream_failures_total",
            .counter,
            "Upstream links that were lost, and attempts to connect that failed."
        ) {
            $0.disconnects.load(ordering: .relaxed)
        },
        .relay(
            "fanout_upstream_resumptions_total",
            .counter,
            "Operations that went on after an interruption without a gap, because a relay upstream held what was "
                + "missed."
        ) {
            $0.resumptions.load(ordering: .relaxed)
        },
        .relay(
            "fanout_upstream_ignored_messages_total",
            .counter,
            "Upstream messages that were ignored: of an unknown type, for no operation, or a ping with a wrong payload."
        ) {
            $0.session.withLock { $0?.ignoredMessages.load(ordering: .relaxed) } ?? 0
        },
        .relay(
            "fanout_log_lines_dropped_total",
            .counter,
            "Log lines that were dropped because the log wasn't read fast enough."
        ) {
            $0.droppedLogLines.withLock { $0 }?()
        },
        .relay(
            "fanout_upstream_attempt",
            .gauge,
            "Number of the attempt to connect that is made or awaited, since the last link that stayed; 0 while "
                + "connected."
        ) {
            $0.attempt.load(ordering: .relaxed)
        },
        MetricFamily(
            name: "fanout_upstream_retry_seconds",
            kind: .gauge,
            help: "Time until the next attempt to connect; 0 while none is awaited."
        ) { statistics in
            let due = statistics.nextAttempt.load(ordering: .relaxed)
            let left = due == 0 ? 0 : max(0, due - Statistics.milliseconds(EventLoop.now))
            return [.init(value: "\(Double(left) / 1000)")]
        },
        .relay("fanout_draining", .gauge, "1 while the relay shuts down or is about to.") {
            $0.isLeaving.load(ordering: .relaxed) ? 1 : 0
        },
    ]

    private static let topics: [MetricFamily] = [
        .topic(
            "fanout_topic_live",
            .gauge,
            "Upstream operations of the topic that run; * stands for all client topics."
        ) {
            $0.live.load(ordering: .relaxed)
        },
        MetricFamily(
            name: "fanout_topic_down",
            kind: .gauge,
            help: "1 while the topic should run and doesn't: refused, interrupted, or not started yet."
        ) { $0.topics.map { .of($0, $0.lack == nil ? "0" : "1") } },
        .topic("fanout_topic_events_total", .counter, "Events received from the upstream.") {
            $0.events.load(ordering: .relaxed)
        },
        .topic("fanout_topic_bytes_total", .counter, "Payload bytes received from the upstream.") {
            $0.bytes.load(ordering: .relaxed)
        },
        .topic("fanout_topic_interruptions_total", .counter, "Interruptions of the upstream operation.") {
            $0.interruptions.load(ordering: .relaxed)
        },
        .topic("fanout_topic_gaps_total", .counter, "Gaps: places in the topic where events may be missing.") {
            $0.gaps.load(ordering: .relaxed)
        },
        .topic("fanout_topic_errors_total", .counter, "Times the upstream refused the operation.") {
            $0.errors.load(ordering: .relaxed)
        },
        .topic("fanout_topic_refetch_failures_total", .counter, "Refetches without a result.") {
            $0.refetchFailures.load(ordering: .relaxed)
        },
        .topic(
            "fanout_topic_history_bytes",
            .gauge,
            "Bytes of the topic's events that are held: payloads, and 512 for each batch; all shards share them."
        ) {
            $0.heldBytes.load(ordering: .relaxed)
        },
        MetricFamily(
            name: "fanout_topic_last_event_age_seconds",
            kind: .gauge,
            help: "Time since the last event; absent before the first one."
        ) { statistics in
            let now = EventLoop.now
            return (statistics.topics + [statistics.allClientTopics]).compactMap { topic in
                topic.age(at: now).map { .of(topic, "\($0)") }
            }
        },
    ]

    private static let clientTopics: [MetricFamily] = [
        .relay("fanout_client_topics", .gauge, "Client topics: those that clients' own subscriptions started.") {
            $0.clientTopics.load(ordering: .relaxed)
        },
        .relay("fanout_client_topics_opened_total", .counter, "Client topics that were started.") {
            $0.openedTopics.load(ordering: .relaxed)
        },
        .relay("fanout_client_topics_refused_total", .counter, "Client topics that were refused because of the limit.")
        {
            $0.refusedTopics.load(ordering: .relaxed)
        },
    ]

    private static let executions: [MetricFamily] = [
        .relay("fanout_executions", .gauge, "Clients' queries and mutations that run or have answers to send.") {
            $0.executions.load(ordering: .relaxed)
        },
        .relay("fanout_executions_waiting", .gauge, "Clients' queries and mutations that wait for a place.") {
            $0.queryRunner.withLock { $0 }?.waiting ?? 0
        },
        .relay("fanout_executions_refused_total", .counter, "Clients' queries and mutations that got no place in time.")
        {
            $0.refusedExecutions.load(ordering: .relaxed)
        },
        .relay(
            "fanout_executions_abandoned_total",
            .counter,
            "Clients' queries and mutations whose client left or completed them before the answer."
        ) {
            $0.abandonedExecutions.load(ordering: .relaxed)
        },
        .relay("fanout_answer_bytes", .gauge, "Bytes of answers that wait for clients to read them.") {
            $0.queryRunner.withLock { $0 }?.budget.held ?? 0
        },
        .relay(
            "fanout_answers_dropped_total",
            .counter,
            "Answers that were replaced by an error because too many bytes waited."
        ) {
            $0.droppedAnswers.load(ordering: .relaxed)
        },
        .relay(
            "fanout_slow_readers_total",
            .counter,
            "Clients that were cut off because they read an answer too slowly."
        ) {
            $0.servers.withLock { $0 }.reduce($0.slowReaders.load(ordering: .relaxed)) { $0 + $1.slowReaderCount }
        },
    ]

    private static let quarantine: [MetricFamily] = [
        .relay(
            "fanout_quarantined_total",
            .counter,
            "Clients' operations that were quarantined because the link broke twice while they ran."
        ) {
            $0.quarantined.load(ordering: .relaxed)
        },
        .relay("fanout_quarantine_refusals_total", .counter, "Times that a quarantined operation was refused.") {
            $0.quarantineRefusals.load(ordering: .relaxed)
        },
    ]

    private static let shards: [MetricFamily] = [
        .shard("fanout_clients", .gauge, "Clients that are connected by WebSocket or server-sent events.") {
            $0.clients.load(ordering: .relaxed)
        },
        .shard("fanout_event_streams", .gauge, "Clients that read server-sent events.") {
            $0.streams.load(ordering: .relaxed)
        },
        MetricFamily(
            name: "fanout_protocol_clients",
            kind: .gauge,
            help: "Clients that are connected, by what they speak."
        ) { statistics in
            ClientProtocol.allCases.map { spoken in
                let count = statistics.shards.reduce(0) { $0 + $1.clients(speaking: spoken) }
                return .init(label: ("protocol", spoken.rawValue), value: "\(count)")
            }
        },
        .shard("fanout_subscriptions", .gauge, "Subscriptions of clients to topics.") {
            $0.subscriptions.load(ordering: .relaxed)
        },
        .shard("fanout_clients_opened_total", .counter, "Clients that connected.") {
            $0.opened.load(ordering: .relaxed)
        },
        .shard("fanout_deliveries_total", .counter, "Frames handed to the kernel for subscribers.") {
            $0.deliveries.load(ordering: .relaxed)
        },
        .shard("fanout_delivered_bytes_total", .counter, "Bytes of the frames handed to the kernel for subscribers.") {
            $0.bytes.load(ordering: .relaxed)
        },
        .shard("fanout_sweeps_total", .counter, "Sweeps: passes over the subscribers that deliver a batch.") {
            $0.sweeps.load(ordering: .relaxed)
        },
        .shard(
            "fanout_slow_clients_total",
            .counter,
            "Times that a client lagged too far, so that it was closed or lost events."
        ) {
            $0.tooSlow.load(ordering: .relaxed)
        },
        .shard(
            "fanout_untold_gaps_total",
            .counter,
            "Gaps that clients weren't told of because their protocol has no message for it, also when a token expired."
        ) {
            $0.untoldGaps.load(ordering: .relaxed)
        },
        .shard("fanout_unresumed_total", .counter, "Resume tokens that were answered with a gap.") {
            $0.unresumed.load(ordering: .relaxed)
        },
        .relay(
            "fanout_gathered_bytes",
            .gauge,
            "Bytes of clients' messages and request bodies that are still incomplete."
        ) {
            $0.gathering.withLock { $0 }?.bytes ?? 0
        },
        .relay(
            "fanout_gathered_given_up_total",
            .counter,
            "Incomplete messages and bodies that were given up because all together were over the limit."
        ) {
            $0.gathering.withLock { $0 }?.givenUp ?? 0
        },
        MetricFamily(
            name: "fanout_held_bytes",
            kind: .gauge,
            help:
                "Bytes that are held, by what for: histories of topics, answers to clients, and their unfinished "
                + "messages."
        ) { statistics in
            let histories = (statistics.topics + [statistics.allClientTopics]).reduce(0) {
                $0 + $1.heldBytes.load(ordering: .relaxed)
            }
            return [
                .init(label: ("owner", "histories"), value: "\(histories)"),
                .init(
                    label: ("owner", "answers"),
                    value: "\(statistics.queryRunner.withLock { $0 }?.budget.held ?? 0)"
                ),
                .init(label: ("owner", "messages"), value: "\(statistics.gathering.withLock { $0 }?.bytes ?? 0)"),
            ]
        },
        .relay("fanout_memory_bytes", .gauge, "Memory of the process that is resident, as of the last look at it.") {
            $0.memory.resident
        },
        .relay("fanout_memory_limit_bytes", .gauge, "Memory that the process may have, by --max-memory.") {
            $0.memory.limit
        },
        .relay(
            "fanout_memory_pressure",
            .gauge,
            "2 while memory is so short that laggards are closed, 1 while new clients are refused, else 0."
        ) { $0.memory.pressure.rawValue },
        .relay("fanout_memory_shed_clients_total", .counter, "Clients that were closed because memory was short.") {
            $0.memory.shedClients
        },
        .relay(
            "fanout_memory_refused_topics_total",
            .counter,
            "Topics of clients' own that were refused because memory was short."
        ) { $0.memory.refusedTopics },
        MetricFamily(
            name: "fanout_client_limits_total",
            kind: .counter,
            help: "Messages, operations and connections that were refused because a client or subject has a limit."
        ) { statistics in
            let limits = statistics.shards.map(\.limitsMet)
            return ClientLimit.allCases.map { limit in
                .init(label: ("reason", limit.rawValue), value: "\(limits.reduce(0) { $0 + $1[limit, default: 0] })")
            }
        },
        MetricFamily(
            name: "fanout_bodies_refused_total",
            kind: .counter,
            help:
                "Requests whose body wasn't taken: its length wasn't told, it was too large, too much was sent by "
                + "all, or it took too long."
        ) { statistics in
            let refused = statistics.shards.map(\.refusedBodies)
            return BodyRefusal.allCases.map { reason in
                let count = refused.reduce(0) { $0 + $1[reason, default: 0] }
                return .init(label: ("reason", reason.rawValue), value: "\(count)")
            }
        },
        MetricFamily(
            name: "fanout_clients_closed_total",
            kind: .counter,
            help:
                "Clients that left, by close code; 1006 if there was none, 0 if a client chose one outside 1000 to "
                + "1015."
        ) { statistics in
            var codes: [UInt16: Int] = [:]
            for shard in statistics.shards { codes.merge(shard.closesByCode, uniquingKeysWith: +) }
            return codes.sorted { $0.key < $1.key }.map { .init(label: ("code", "\($0.key)"), value: "\($0.value)") }
        },
        .relay("fanout_clients_closed_by_operators_total", .counter, "Clients that an operator has closed.") {
            $0.closedByOperators.load(ordering: .relaxed)
        },
    ]
}
