import GraphQLTransport
import Synchronization
import Testing
import WebSockets

@testable import Fanout
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
        for limit in [ClientLimit.messageRate, .subject] { statistics.shards[0].met(limit) }
        statistics.shards[1].met(.subject)
        statistics.shards[1].refused(.size)
        statistics.memory.note(resident: 5_000)
        statistics.memory.countShed()
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

    @Test func `each counter of executions and of the quarantine is there from the start, and tells its own`() throws {
        let counters: [(String, (Statistics) -> Void)] = [
            ("fanout_executions", { $0.executions.store(7, ordering: .relaxed) }),
            ("fanout_executions_refused_total", { $0.refusedExecutions.store(7, ordering: .relaxed) }),
            ("fanout_executions_abandoned_total", { $0.abandonedExecutions.store(7, ordering: .relaxed) }),
            ("fanout_answers_dropped_total", { $0.droppedAnswers.store(7, ordering: .relaxed) }),
            ("fanout_slow_readers_total", { $0.slowReaders.store(7, ordering: .relaxed) }),
            ("fanout_quarantined_total", { $0.quarantined.store(7, ordering: .relaxed) }),
            ("fanout_quarantine_refusals_total", { $0.quarantineRefusals.store(7, ordering: .relaxed) }),
        ]
        let before = try Exposition(parsing: Metrics(Self.statistics()).text)
        for (name, count) in counters {
            #expect(before.samples[name] == 0)
            let statistics = Self.statistics()
            count(statistics)
            let samples = try Exposition(parsing: Metrics(statistics).text).samples
            #expect(samples[name] == 7)
            #expect(counters.allSatisfy { $0.0 == name || samples[$0.0] == 0 })
        }
        for name in [
            "fanout_executions_waiting", "fanout_answer_bytes", "fanout_gathered_bytes",
            "fanout_gathered_given_up_total", "fanout_upstream_ignored_messages_total",
        ] { #expect(before.samples[name] == 0) }
    }

    @Test func `a topic is down unless it is live, or waits for somebody to listen`() throws {
        let statistics = Statistics(
            of: [TopicStatistics(name: "a"), TopicStatistics(name: "d", startsOnDemand: true)],
            shards: 1
        )
        for (status, down) in [
            (TopicStatus.waiting, [1.0, 0]), (.live, [0, 0]), (.interrupted, [1, 1]), (.failed, [1, 1]),
        ] {
            for topic in statistics.topics { topic.status.withLock { $0 = status } }
            let samples = try Exposition(parsing: Metrics(statistics).text).samples
            #expect(["a", "d"].map { samples[#"fanout_topic_down{topic="\#($0)"}"#] } == down)
        }
    }

    @Test func `the whole text`() throws {
        let statistics = Self.statistics()
        statistics.topics[0].lastEvent.store(0, ordering: .relaxed)
        statistics.droppedLogLines.withLock { $0 = { 6 } }
        statistics.certificateEnd.store(1_800_000_000, ordering: .relaxed)
        #expect(Metrics(statistics).text(of: Metrics.relay) == Self.golden)
    }

    @Test func `the process and what was built are told`() throws {
        let statistics = Statistics(of: [], shards: 0, version: "1.2.3\n\"4\"")
        let loop = try EventLoop(name: "shard-0")
        statistics.loops.withLock { $0 = [loop] }
        let text = Metrics(statistics).text
        let samples = try Exposition(parsing: Metrics(statistics).text(of: Array(Metrics.process.dropFirst()))).samples
        #expect(text.contains(#"fanout_build_info{version="1.2.3\n\"4\"",swift="6."#))
        #expect(text.contains("libwebsockets=\"\(LibraryBuild.version)\"} 1\n"))
        #expect(samples[#"fanout_loop_cpu_seconds_total{loop="shard-0"}"#].map { $0 >= 0 } == true)
        for name in [
            "process_cpu_seconds_total", "process_resident_memory_bytes", "process_virtual_memory_bytes",
            "process_threads", "process_open_fds", "process_max_fds", "process_start_time_seconds",
        ] { #expect(samples[name].map { $0 > 0 } == true, "\(name)") }
    }

    @Test func `clients are counted by what they speak`() throws {
        let statistics = Statistics(topics: [], shards: 2)
        for (index, spoken) in ClientProtocol.allCases.enumerated() {
            for number in 0...index { statistics.shards[number % 2].joined(speaking: spoken) }
        }
        statistics.shards[0].left(speaking: .graphQLStream, code: 1000)
        let samples = try Exposition(parsing: Metrics(statistics).text).samples
        let counts = ClientProtocol.allCases.map { samples[#"fanout_protocol_clients{protocol="\#($0.rawValue)"}"#] }
        #expect(counts == [1, 2, 3, 4, 4])
        #expect(samples["fanout_clients"] == 14)
        #expect(samples["fanout_clients_opened_total"] == 15)
        #expect(Set(ClientProtocol.allCases.map(\.index)) == Set(ClientProtocol.allCases.indices))
    }

    @Test func `what a topic holds is counted while a segment of it is anywhere`() throws {
        let statistics = Statistics(topics: ["tick"], shards: 1)
        var topic = Topic(
            id: TopicID(0),
            definition: TopicDefinition(clientTopic: "tick"),
            statistics: statistics.topics[0]
        )
        func held() throws -> [Double?] {
            let samples = try Exposition(parsing: Metrics(statistics).text).samples
            return [
                samples[#"fanout_topic_history_bytes{topic="tick"}"#],
                samples[#"fanout_held_bytes{owner="histories"}"#],
            ]
        }
        var segments = topic.record(PayloadBatch(payload: Array("{}".utf8)), at: .zero)
        segments.append(topic.gap("lost", at: .zero))
        #expect(try held() == [1026, 1026])
        segments.removeFirst()
        #expect(try held() == [512, 512])
        segments = []
        #expect(try held() == [0, 0])
    }

    @Test func `the back-off of the link is told`() throws {
        let statistics = Statistics(topics: [], shards: 1)
        func told() throws -> [Double?] {
            let samples = try Exposition(parsing: Metrics(statistics).text).samples
            return ["fanout_upstream_attempt", "fanout_upstream_retry_seconds"].map { samples[$0] }
        }
        #expect(try told() == [0, 0])
        statistics.attempt.store(3, ordering: .relaxed)
        statistics.nextAttempt.store(Statistics.milliseconds(EventLoop.now) + 60_000, ordering: .relaxed)
        let (attempt, wait) = (try told()[0], try #require(try told()[1]))
        #expect(attempt == 3)
        #expect(wait > 0 && wait <= 60)
        statistics.nextAttempt.store(1, ordering: .relaxed)
        #expect(try told()[1] == 0)
    }
}
