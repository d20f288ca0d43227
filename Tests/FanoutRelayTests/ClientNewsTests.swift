import Synchronization
import Testing

@testable import FanoutRelay

struct ClientNewsTests {
    @Test func `only what is new is told, and nothing while nothing is`() {
        var news = ClientNews()
        #expect(news.take(["too_slow": 0]) == nil)
        #expect(news.take(["too_slow": 3, "topics": 0])?.mapValues { "\($0)" } == ["too_slow": "3"])
        #expect(news.take(["too_slow": 3, "topics": 0]) == nil)
        #expect(news.take(["too_slow": 4, "topics": 2])?.mapValues { "\($0)" } == ["too_slow": "1", "topics": "2"])
    }

    @Test func `the counters are those of all shards`() {
        let statistics = Statistics(topics: [], shards: 2)
        for shard in statistics.shards {
            shard.tooSlow.add(2, ordering: .relaxed)
            shard.met(.messageRate)
        }
        statistics.refusedTopics.add(7, ordering: .relaxed)
        let told = statistics.refusals.filter { $0.value > 0 }
        #expect(told == ["too_slow": 4, "limit_message_rate": 2, "topics": 7])
    }
}
