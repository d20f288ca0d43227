import Testing

@testable import EventLog

/// Every relay finds the same leaders, and when one comes or goes little changes.
struct RendezvousTests {
    private static let nodes = ["relay-0", "relay-1", "relay-2", "relay-3"]

    @Test func `the order is the same for all, and stays from release to release`() {
        let rankings = (0..<4).map { Rendezvous.ranking(of: $0, among: Self.nodes) }
        #expect(rankings == (0..<4).map { Rendezvous.ranking(of: $0, among: Self.nodes.reversed() + Self.nodes) })
        #expect(
            rankings == [
                ["relay-2", "relay-1", "relay-3", "relay-0"], ["relay-2", "relay-0", "relay-1", "relay-3"],
                ["relay-3", "relay-1", "relay-2", "relay-0"], ["relay-0", "relay-3", "relay-2", "relay-1"],
            ]
        )
        #expect(Rendezvous.ranking(of: 0, among: []).isEmpty)
    }

    @Test func `partitions spread over the nodes, and so do the second places`() {
        for place in 0..<Self.nodes.count {
            var counts: [String: Int] = [:]
            for partition in 0..<1000 {
                counts[Rendezvous.ranking(of: partition, among: Self.nodes)[place], default: 0] += 1
            }
            #expect(counts.count == 4 && counts.values.allSatisfy { (200...300).contains($0) }, "\(counts)")
        }
    }

    @Test func `without a node the others keep their order`() {
        for partition in 0..<100 {
            let all = Rendezvous.ranking(of: partition, among: Self.nodes)
            let others = Rendezvous.ranking(of: partition, among: Self.nodes.filter { $0 != "relay-2" })
            #expect(others == all.filter { $0 != "relay-2" })
        }
    }

    @Test(arguments: [1, 2, 3, 16])
    func `topics spread over the partitions`(count: Int) {
        var counts = Array(repeating: 0, count: count)
        for low in UInt64(0)..<4800 {
            counts[Rendezvous.partition(of: TopicHash(high: 5, low: low), among: count)] += 1
        }
        #expect(counts.allSatisfy { abs($0 - 4800 / count) < 4800 / count / 4 + 1 }, "\(counts)")
    }

    @Test func `a topic's partition stays from release to release`() {
        let topics = (0..<6).map { TopicHash(high: $0, low: ~$0) }
        #expect(topics.map { Rendezvous.partition(of: $0, among: 16) } == [9, 3, 5, 11, 8, 11])
        #expect(Rendezvous.partition(of: topics[0], among: 0) == 0)
    }
}
