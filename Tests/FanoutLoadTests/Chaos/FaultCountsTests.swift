import Testing

@testable import FanoutLoad

@Suite struct FaultCountsTests {
    @Test func `faults and how often they happen`() {
        let counts = FaultCounts("kill-leader=100,cut-leader=20")
        #expect(counts?.entries == [.init(name: "kill-leader", count: 100), .init(name: "cut-leader", count: 20)])
    }

    @Test(arguments: [
        "", "kill-leader", "kill-leader=", "kill-leader=0", "kill-leader=-1", "kill-leader=1,", "a=1,a=2", "A=1", "=1",
        "a=10001", "a=6000,b=6000", "a=1=2", "a b=1",
    ])
    func `what are no counts`(text: String) {
        #expect(FaultCounts(text) == nil)
    }

    @Test func `the order depends on the seed alone, and has each fault as often as asked for`() throws {
        let counts = try #require(FaultCounts("a=30,b=20"))
        let order = counts.order(seed: 7)
        #expect(order == counts.order(seed: 7))
        #expect(order != counts.order(seed: 8))
        #expect(order.count { $0 == "a" } == 30)
        #expect(order.count { $0 == "b" } == 20)
    }
}
