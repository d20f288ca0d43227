import Testing

@testable import FanoutRelayCommand

struct RepeatLimitTests {
    private typealias Limit = RepeatLimit<String, Int>

    /// What was told of withheld ones, as text: the last of them, and how many.
    private static func told(_ withheld: [Limit.Withheld]) -> [String] {
        withheld.map { "\($0.entry): \($0.count)" }
    }

    @Test func `the first are said, and the others counted once a minute`() {
        var limit = Limit()
        let said = (1...20).filter { limit.admits($0, as: "a", at: .seconds($0)) }
        #expect(said == [1, 2, 3, 4, 5])
        #expect(limit.due == .seconds(61))
        #expect(limit.take(at: .seconds(60)).isEmpty)
        #expect(Self.told(limit.take(at: .seconds(61))) == ["20: 15"])
        #expect(limit.due == nil && limit.take(at: .seconds(1000)).isEmpty)
    }

    @Test func `a storm is one line a minute, until a minute was calm`() {
        var limit = Limit()
        var (said, told) = (0, 0)
        for second in 0..<600 {
            if limit.admits(second, as: "a", at: .seconds(second)) { said += 1 }
            told += limit.take(at: .seconds(second)).count
        }
        #expect(said == 5 && told == 9)
        #expect(limit.take(at: .seconds(600)).count == 1)
        #expect(limit.admits(0, as: "a", at: .seconds(659)) == false)
        #expect(Self.told(limit.take(at: .seconds(660))) == ["0: 1"])
        #expect(limit.admits(1, as: "a", at: .seconds(720)) == true)
    }

    @Test func `what is of another kind is said`() {
        var limit = Limit(budget: 1)
        for kind in ["a", "b", "c"] {
            #expect(limit.admits(1, as: kind, at: .zero) == true)
            #expect(limit.admits(2, as: kind, at: .zero) == false)
        }
        #expect(limit.takeAll().map(\.count) == [1, 1, 1])
    }

    @Test func `what is new is said, however many kinds there were`() {
        var limit = Limit(budget: 1, capacity: 3)
        for kind in 0..<100 { #expect(limit.admits(0, as: "\(kind)", at: .zero) == true) }
        #expect(limit.admits(0, as: "2", at: .zero) == false)
        #expect(limit.admits(0, as: "99", at: .zero) == true, "it isn't watched")
        // Those that were calm for an interval make room.
        #expect(limit.admits(0, as: "99", at: .seconds(60)) == true)
        #expect(limit.admits(0, as: "99", at: .seconds(61)) == false)
    }
}
