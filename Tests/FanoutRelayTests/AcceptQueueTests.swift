import Testing

@testable import FanoutRelay

struct AcceptQueueTests {
    @Test(arguments: [(nil, false), (128, true), (4_095, true), (4_096, false), (65_535, false)] as [(Int?, Bool)])
    func `fewer than the listeners ask for are told, with what is advised`(allowed: Int?, isTold: Bool) {
        let warning = AcceptQueue.warning(allowed: allowed)
        #expect((warning != nil) == isTold)
        guard let allowed, let warning else { return }
        #expect(warning.contains("\(allowed) ") && warning.contains("4096"))
    }

    @Test func `the kernel says how many`() throws {
        #expect(try #require(AcceptQueue.allowed) > 0)
    }
}
