import Testing

@testable import FanoutRelay

struct ClientLimitTableTests {
    @Test func `a window counts what comes in each second of the clock`() {
        var window = RateWindow()
        let rounds: [(at: Duration, taken: Bool)] = [
            (.milliseconds(5_100), true), (.milliseconds(5_200), true), (.milliseconds(5_999), false),
            (.milliseconds(6_000), true), (.milliseconds(6_001), true), (.milliseconds(6_002), false),
            (.seconds(1 << 16), true), (.seconds(1 << 40 | 1), true), (.seconds(1 << 40 | 1), true),
            (.seconds(1 << 40 | 1), false),
        ]
        for (time, taken) in rounds {
            let isTaken = window.take(at: time, rate: 2)
            #expect(isTaken == taken, "\(time)")
        }
        #expect(MemoryLayout<RateWindow>.size == 4)
    }

    @Test func `a window counts as many as the highest rate`() {
        var window = RateWindow()
        let taken = (0...RateWindow.highest).count { _ in window.take(at: .seconds(7), rate: RateWindow.highest) }
        #expect(taken == RateWindow.highest)
    }

    @Test func `a subject's place is free again when its connection has gone`() {
        let ledger = SubjectLedger(limit: 2)
        var places = [ledger.enter("a"), ledger.enter("a")]
        #expect(places.allSatisfy { $0 != nil })
        #expect(!ledger.hasRoom(for: "a") && ledger.enter("a") == nil && ledger.hasRoom(for: "b"))
        places[0] = nil
        #expect(ledger.hasRoom(for: "a"))
        places = []
        #expect(ledger.enter("a") != nil)
    }

    @Test(
        arguments: [
            (nil, 100, 200, 100), (nil, 5, 200, 100), (nil, 1_000, 2_000, 1_000), (7, 100, 7, 7),
            (nil, 100_000, 65_535, 65_535),
        ] as [(Int?, Int, Int, Int)]
    )
    func `rates suit clients that come back with all their operations`(
        given: Int?,
        subscriptions: Int,
        messages: Int,
        subscribes: Int
    ) {
        var admission = Admission()
        admission.maximumSubscriptions = subscriptions
        (admission.messageRate, admission.subscribeRate) = (given, given)
        #expect(admission.allowedMessageRate == messages)
        #expect(admission.allowedSubscribeRate == subscribes)
    }
}
