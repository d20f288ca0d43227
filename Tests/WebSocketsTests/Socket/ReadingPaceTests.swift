import Testing
import WebSockets

struct ReadingPaceTests {
    @Test(arguments: [
        ([100, 200, 300], true), ([99], false), ([100, 199], false), ([0], false), ([500, 600], true), ([1], false),
        ([100, 50], false),
    ])
    func `a reader keeps the pace that takes so many bytes in each interval`(acknowledged: [UInt64], isKept: Bool) {
        var pace = ReadingPace(ReadingPace.Rule(bytes: 100, interval: .seconds(1)), from: 0)
        let kept = acknowledged.map { pace.isKept(at: $0) }
        #expect(kept.allSatisfy(\.self) == isKept)
    }

    @Test func `a rule of nothing asks for a byte all the same`() {
        var pace = ReadingPace(ReadingPace.Rule(bytes: 0, interval: .seconds(1)), from: 7)
        let kept = [7, 8].map { pace.isKept(at: $0) }
        #expect(kept == [false, true])
    }
}
