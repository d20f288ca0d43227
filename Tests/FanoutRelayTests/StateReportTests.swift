import AccessTokens
import Foundation
import Synchronization
import Testing
import WebSockets
import Wire

@testable import Fanout
@testable import FanoutRelay

struct StateReportTests {
    static func object(_ statistics: Statistics) throws -> [String: Any] {
        let body = Data(StateReport(statistics).response.body)
        return try #require(JSONSerialization.jsonObject(with: body) as? [String: Any])
    }

    @Test func `it tells counters and how things stand`() throws {
        let statistics = Statistics(topics: ["news", "<b>"], shards: 2)
        statistics.isUpstreamLive.store(true, ordering: .relaxed)
        statistics.upstreamHistory.withLock {
            $0.note(isUp: false, "refused \"here\"", at: .zero)
            $0.note(isUp: true, nil, at: .seconds(1))
        }
        for (index, shard) in statistics.shards.enumerated() {
            shard.joined(speaking: .legacy)
            shard.closed(1001)
            shard.lag.record(5000)
            shard.report.withLock {
                $0.subscribers = ["news": index + 1]
                $0.slowest = [SlowClientTests.client(UInt64(index + 1))]
            }
        }
        let state = try Self.object(statistics)
        let upstream = try #require(state["upstream"] as? [String: Any])
        #expect(upstream["connected"] as? Bool == true)
        let history = try #require(upstream["history"] as? [[String: Any]])
        #expect(history.map { $0["cause"] as? String } == ["refused \"here\"", nil])
        let topics = try #require(state["topics"] as? [[String: Any]])
        #expect(topics.map { $0["name"] as? String } == ["news", "<b>", "*"])
        #expect(topics.map { $0["subscribers"] as? Int } == [3, 0, 0])
        let clients = try #require(state["clients"] as? [String: Any])
        #expect(clients["count"] as? Int == 2)
        #expect((clients["protocols"] as? [String: Int])?["graphql-ws"] == 2)
        #expect(clients["closes"] as? [String: Int] == ["1001": 2])
        #expect((clients["slowest"] as? [[String: Any]])?.map { $0["lag"] as? Int } == [2, 1])
        let lag = try #require(state["lag"] as? [String: Any])
        let (bounds, counts) = try (
            #require(lag["bounds"] as? [Double]), #require(lag["counts"] as? [Int])
        )
        #expect(counts.count == bounds.count + 1 && counts.reduce(0, +) == 2)
        #expect(counts[try #require(bounds.firstIndex { $0 >= 5000 })] == 2)
    }

    @Test func `what it tells can be read again`() throws {
        let statistics = Statistics(topics: ["news"], shards: 1)
        statistics.shards[0].report.withLock { $0.slowest = [SlowClientTests.client(7)] }
        let report = try #require(StateReport(StateReport(statistics, mayCloseClients: true).response.body))
        #expect(report.topics.map(\.name) == ["news", "*"] && report.topics[0].age == nil)
        #expect(report.clients.slowest == [SlowClientTests.client(7)] && report.clients.mayClose)
        for text in ["", "{}", "[]", "null", #"{"version":"1"}"#, "<html>"] {
            #expect(StateReport(Array(text.utf8)) == nil)
        }
    }

    @Test func `operators with a listener of their own are told where clients come to`() {
        let statistics = Statistics(topics: [], shards: 1)
        #expect(StateReport(statistics, for: .operators).clients.addresses == [])
        statistics.clientAddresses.withLock { $0 = ["http://0.0.0.0:8080"] }
        #expect(StateReport(statistics, for: .operators).clients.addresses == ["http://0.0.0.0:8080"])
        #expect(StateReport(statistics).clients.addresses == nil)
    }

    @Test(arguments: [(nil, false), (Authorizer(), false), (Authorizer(verifier: TokenVerifier()), true)])
    func `it tells whether clients need a token`(authorizer: Authorizer?, need: Bool) {
        let statistics = Statistics(topics: [], shards: 1)
        statistics.authorizer.withLock { $0 = authorizer }
        #expect(StateReport(statistics).clients.needToken == need)
    }

    @Test(
        arguments: [
            ([10, 0, 0, 0], [], 1, 1), ([50, 40, 9, 1], [], 0.9, 2), ([50, 40, 9, 1], [], 0.99, 3),
            ([50, 40, 9, 1], [], 1, .infinity), ([0, 0, 0, 0], [], 1, nil), ([5, 1, 0, 0], [5, 0, 0, 0], 0.5, 2),
            ([5, 0, 0, 0], [5, 0, 0, 0], 0.5, nil), ([], [], 1, nil),
        ] as [([Int], [Int], Double, Double?)]
    )
    func `a share of the values is at most`(counts: [Int], former: [Int], share: Double, bound: Double?) {
        let earlier = StateReport.Distribution(bounds: [1, 2, 3], counts: former)
        #expect(StateReport.Distribution(bounds: [1, 2, 3], counts: counts).quantile(share, since: earlier) == bound)
    }

    @Test func `nobody may keep it`() {
        let response = StateReport(Statistics(topics: [], shards: 1)).response
        #expect(response.headers.contains { $0.name == "Cache-Control" && $0.value == "no-store" })
    }
}
