import Testing
import WebSockets
import Wire

@testable import FanoutRelay

struct AnswerBudgetTests {
    private static func limits(_ bytes: Int, perClient: Int) -> AnswerLimits {
        var limits = AnswerLimits()
        limits.bytes = bytes
        limits.bytesPerClient = perClient
        return limits
    }

    @Test(arguments: [1 << 20, 1 << 19, 100_000])
    func `no more is held than may be, and large answers leave an eighth to small ones`(size: Int) {
        let budget = AnswerBudget(Self.limits(8 << 20, perClient: 4 << 20))
        var holds: [AnswerBudget.Hold] = []
        while let hold = try? budget.hold(size) { holds.append(hold) }
        #expect(holds.count == (7 << 20) / (size + AnswerBudget.overhead))
        #expect(budget.held <= 7 << 20)
        while let hold = try? budget.hold(AnswerBudget.smallSize) { holds.append(hold) }
        #expect(budget.held <= 8 << 20)
        #expect(budget.held > 7 << 20)
        #expect(throws: AnswerBudget.Refusal.all) { try budget.hold(AnswerBudget.smallSize) }
        holds = []
        #expect(budget.held == 0)
    }

    @Test(arguments: [(1000, true), (1001, false)])
    func `an answer that is too large for one client is refused as such`(size: Int, isHeld: Bool) {
        let budget = AnswerBudget(Self.limits(1 << 20, perClient: 1000))
        if isHeld {
            #expect(throws: Never.self) { _ = try budget.hold(size) }
        } else {
            #expect(throws: AnswerBudget.Refusal.client) { _ = try budget.hold(size) }
        }
        #expect(budget.held == 0)
    }

    @Test func `every code has a status, and stands in the error's extensions`() {
        for code in RelayFailure.Code.allCases {
            let failure = RelayFailure(code, "a \"reason\"")
            #expect((400...599).contains(failure.status))
            let text = String(decoding: failure.errors, as: UTF8.self)
            #expect(text == #"[{"message":"a \"reason\"","extensions":{"code":"\#(code.rawValue)"}}]"#)
            let later = failure.response().headers.contains { $0.name == "Retry-After" }
            #expect(later == (failure.status == 503))
        }
    }
}
