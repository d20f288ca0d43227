import Testing

@testable import FanoutRelay

struct MemoryTests {
    @Test func `a pressure begins at its mark, and ends below it`() {
        let budget = MemoryBudget(limit: 1_000)
        let steps: [(resident: Int, pressure: MemoryBudget.Pressure)] = [
            (0, .none), (899, .none), (900, .high), (860, .high), (849, .none), (950, .over), (901, .over),
            (899, .high), (949, .high), (2_000, .over), (0, .none),
        ]
        for (resident, pressure) in steps {
            #expect(budget.note(resident: resident) == pressure, "\(resident)")
            #expect(budget.pressure == pressure && budget.resident == resident)
        }
    }

    @Test func `topics of clients' own are refused, and counted, while memory is short`() {
        let budget = MemoryBudget(limit: 1_000)
        #expect(budget.admitsTopic() && budget.refusedTopics == 0)
        budget.note(resident: 900)
        #expect(!budget.admitsTopic() && budget.refusedTopics == 1)
    }

    @Test func `the kernel says what the process has, and may have`() throws {
        let before = try #require(ProcessMemory.resident)
        let block = [UInt8](repeating: 1, count: 64 << 20)
        let after = try #require(ProcessMemory.resident)
        #expect(block.count == 64 << 20)
        // Others allocate and free meanwhile.
        #expect(after - before > 32 << 20)
        #expect(ProcessMemory.available > after)
    }
}
