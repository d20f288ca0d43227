import EventLog
import Fanout
import Testing

@testable import FanoutRelay

/// What a relay that leads and its runner call the same topics, and what its shards want of the group.
struct ClusterRunsTests {
    private static let topics: [TopicHash] = [0, 1, 2].map { TopicHash(high: 0, low: $0) }

    @Test func `a topic has one request at a time, and each its own number`() {
        var runs = ClusterRuns()
        let requests = [0, 0, 1].map { runs.request(Self.topics[$0]) }
        #expect(requests == [1, nil, 2])
        #expect(runs.clientTopics.sorted() == [Self.topics[0], Self.topics[1]])
        let ends = [0, 0, 2].map { runs.end(Self.topics[$0]) }
        #expect(ends == [1, nil, nil])
        #expect(runs.clientTopics == [Self.topics[1]])
        let again = runs.request(Self.topics[0])
        #expect(again == 3)
    }

    @Test func `what comes of a request that has ended is nobody's`() {
        var runs = ClusterRuns()
        let former = runs.request(Self.topics[0]) ?? 0
        let opened = runs.opened(former, as: 7)
        #expect(opened == Self.topics[0])
        #expect(runs.hash(of: TopicID(7)) == Self.topics[0])
        #expect(runs.number(of: 7) == former)
        runs.set(isForeign: true, Self.topics[0])
        runs.end(Self.topics[0])
        #expect(runs.hash(of: TopicID(7)) == nil)
        #expect(runs.number(of: 7) == nil)
        #expect(!runs.isForeign(Self.topics[0]))
        let next = runs.request(Self.topics[0]) ?? 0
        let both = [runs.opened(former, as: 7), runs.opened(next, as: 8)]
        #expect(both == [nil, Self.topics[0]])
        #expect(runs.hash(of: former) == nil)
        #expect(runs.hash(of: TopicID(7)) == nil)
    }

    @Test func `the first shard that listens wants a topic, and the last lets it go`() {
        var desk = ClusterDesk()
        let steps = [
            (true, 0, true), (true, 0, false), (true, 1, false), (false, 0, false), (false, 0, false),
            (false, 1, true), (false, 1, false), (true, 1, true),
        ]
        for (place, (isAwake, shard, changes)) in steps.enumerated() {
            let hasChanged = desk.set(isAwake: isAwake, Self.topics[0], on: shard)
            #expect(hasChanged == changes, "\(place)")
        }
        desk.forget(Self.topics[0])
        let changes = [false, true].map { desk.set(isAwake: $0, Self.topics[0], on: 1) }
        #expect(changes == [false, true])
    }

    @Test func `a request of a shard is forgotten once`() {
        var desk = ClusterDesk()
        let requests = [TopicRequestID(shard: 0, number: 1), TopicRequestID(shard: 1, number: 1)]
        for (place, request) in requests.enumerated() { desk.open(request, as: Self.topics[place]) }
        let released = [1, 1, 0].map { desk.release(requests[$0]) }
        #expect(released == [Self.topics[1], nil, Self.topics[0]])
    }
}
