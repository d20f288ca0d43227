#if Cluster
import DemoUpstream
import Fanout
import FanoutRelay
import NATSServers
import Testing

extension Loopback {
    /// What the metrics say of a group.
    @Suite(.timeLimit(.minutes(1)), .disabled(if: NATSServerProcess.areMissing, "there is no nats-server"))
    struct GroupMetricTests {
        @Test(arguments: NATSServerProcess.program)
        func `the metrics tell who leads, how far the log is read, and what became of it`(
            program: String
        ) async throws {
            try await GroupStage.run(program) { stage in
                let first = try await stage.start("first", [Stage.manual()])
                try await first.leads()
                _ = await stage.upstream.statistics { $0.operations.now == 1 }
                #expect(try await first.metric("fanout_cluster_connected") == 1)
                #expect(try await first.metric("fanout_cluster_takeovers_total") == 1)
                let peer = try await first.plain()
                await stage.upstream.emit(3)
                #expect(try await peer.numbers(3) == [1, 2, 3])
                try await first.metric(#"fanout_cluster_log_topics{partition="0"}"#) { $0 == 1 }
                try await first.metric(#"fanout_cluster_appends_total{partition="0"}"#) { $0 >= 2 }
                let read = try await first.metric(#"fanout_cluster_log_sequence{partition="0"}"#)

                let second = try await stage.start("second", [Stage.manual()])
                try await second.metric(#"fanout_cluster_fetched_total{partition="0"}"#) { $0 >= 1 }
                try await second.metric(#"fanout_cluster_log_sequence{partition="0"}"#) { $0 >= read }
                try await second.metric(#"fanout_cluster_term{partition="0"}"#) { $0 == 1 }
                #expect(try await second.metric(#"fanout_cluster_leader{partition="0"}"#) == 0)

                stage.server.kill()
                try await first.metric("fanout_cluster_connected") { $0 == 0 }
                try await first.metric(#"fanout_cluster_log_last_message_seconds{partition="0"}"#) { $0 >= 1 }
                try await first.metric(#"fanout_cluster_append_doubts_total{partition="0"}"#) { $0 >= 1 }
                try stage.server.start()
                try await first.metric("fanout_cluster_reconnects_total") { $0 >= 1 }
                try await second.readiness(becomes: 200)
                // Who led before does so again: the others wait for it.
                #expect(try await first.metric(#"fanout_cluster_leader{partition="0"}"#) == 1)
            }
        }
    }
}
#endif
