import Testing

@testable import FanoutRelay

/// A quarantine with a clock of its own, whose sendings go onto the link as soon as they may.
struct QuarantineTests {
    private struct Bench {
        var quarantine = Quarantine()
        var now = Duration.zero
        /// Who is on the link.
        var flying: [Quarantine.Sending: Int] = [:]
        var waiting: [Quarantine.Sending: Int] = [:]
        var refused: [Int: Duration] = [:]
        var probes = true

        mutating func enter(_ operation: Int) {
            let (sending, admission) = quarantine.enter(Fingerprint(operation), at: now)
            waiting[sending] = operation
            decide(sending, admission)
            settle()
        }

        /// Cuts the link; those who aren't sentenced try again.
        mutating func cut() -> [Int: Quarantine.Fate] {
            var fates: [Int: Quarantine.Fate] = [:]
            let lost = flying.sorted { $0.key < $1.key }
            flying = [:]
            for (sending, operation) in lost { fates[operation] = quarantine.lost(sending, at: now) }
            for (_, operation) in lost where fates[operation] != .innocent { enter(operation) }
            settle()
            return fates
        }

        mutating func answer(_ operation: Int) {
            for (sending, flown) in flying where flown == operation {
                flying[sending] = nil
                quarantine.answered(sending)
            }
            settle()
        }

        mutating func wait(_ time: Duration) {
            let end = now + time
            while let due = quarantine.due, due <= end {
                now = max(now, due)
                settle()
            }
            now = end
        }

        private mutating func settle() {
            for (sending, admission) in quarantine.turns(at: now) { decide(sending, admission) }
            if probes, quarantine.lone != nil { quarantine.probed() }
        }

        private mutating func decide(_ sending: Quarantine.Sending, _ admission: Quarantine.Admission) {
            switch admission {
            case .go:
                flying[sending] = waiting.removeValue(forKey: sending)
                quarantine.sent(sending, at: now)
            case .refused(let time):
                if let operation = waiting.removeValue(forKey: sending) { refused[operation] = time }
            case .wait: break
            }
        }

        var operations: Set<Int> { Set(flying.values) }
    }

    @Test func `without an outage everything goes at once`() {
        var bench = Bench()
        for operation in 1...5 { bench.enter(operation) }
        #expect(bench.operations == [1, 2, 3, 4, 5])
    }

    @Test func `who is alone at the second loss is refused, for longer each time, up to an hour`() {
        var bench = Bench()
        bench.enter(1)
        #expect(bench.cut() == [1: .suspect])
        for sentence in [30, 60, 120, 240, 480, 960, 1920, 3600, 3600] as [Int] {
            #expect(bench.operations == [1])
            #expect(bench.cut() == [1: .sentenced(.seconds(sentence))])
            #expect(bench.operations.isEmpty)
            #expect(bench.refused[1] == .seconds(sentence))
            bench.wait(.seconds(sentence - 1))
            bench.enter(1)
            #expect(bench.refused[1] == .seconds(1))
            bench.wait(.seconds(1))
            bench.enter(1)
        }
    }

    @Test func `each suspect goes alone until it is answered or was quiet`() {
        var bench = Bench()
        for operation in 1...3 { bench.enter(operation) }
        #expect(bench.cut() == [1: .suspect, 2: .suspect, 3: .suspect])
        #expect(bench.operations == [1])
        bench.answer(1)
        #expect(bench.operations == [2])
        bench.wait(.seconds(2))
        #expect(bench.operations == [2, 3])
        #expect(bench.cut()[3] == .sentenced(.seconds(30)))
        #expect(bench.refused.keys.sorted() == [3])
    }

    @Test func `what was answered, or had long been there, is innocent`() {
        var bench = Bench()
        bench.enter(1)
        bench.wait(.seconds(10))
        bench.enter(2)
        #expect(bench.cut() == [1: .innocent, 2: .suspect])
    }

    @Test func `who comes meanwhile waits for the trial's end, and isn't mixed with it`() {
        var bench = Bench()
        bench.enter(1)
        bench.enter(2)
        _ = bench.cut()
        bench.enter(3)
        bench.enter(4)
        #expect(bench.operations == [1])
        bench.answer(1)
        #expect(bench.operations == [3, 4])
        bench.answer(3)
        #expect(bench.operations == [4])
        bench.answer(4)
        #expect(bench.operations == [2])
        bench.answer(2)
        bench.enter(5)
        bench.enter(6)
        #expect(bench.operations == [5, 6])
    }

    @Test(arguments: 1...200) func `among 200 suspects the bad one is found at the second loss, in seconds`(bad: Int) {
        var bench = Bench()
        for operation in 1...200 { bench.enter(operation) }
        _ = bench.cut()
        bench.probes = false
        while !bench.operations.contains(bad) {
            // All others live, silent.
            bench.quarantine.probed()
            bench.wait(bench.quarantine.due.map { $0 - bench.now } ?? .zero)
        }
        let fates = bench.cut()
        #expect(fates[bad] == .sentenced(.seconds(30)))
        #expect(fates.values.allSatisfy { $0 == .suspect || $0 == .sentenced(.seconds(30)) })
        #expect(bench.now < .seconds(5))
        #expect(bench.refused.keys.sorted() == [bad])
    }

    @Test func `many clients with the same operation are sentenced as one`() {
        var bench = Bench()
        for _ in 1...10 { bench.enter(1) }
        _ = bench.cut()
        #expect(bench.flying.count == 1)
        #expect(bench.cut() == [1: .sentenced(.seconds(30))])
        #expect(bench.flying.isEmpty)
        #expect(bench.waiting.isEmpty)
    }

    @Test func `one that breaks the link later than its turn took is tried for longer`() {
        var bench = Bench()
        bench.enter(1)
        _ = bench.cut()
        bench.wait(.seconds(3))
        bench.enter(2)
        #expect(bench.cut() == [1: .suspect, 2: .suspect])
        #expect(bench.operations == [1])
        bench.wait(.seconds(3))
        #expect(bench.cut() == [1: .sentenced(.seconds(30))])
        #expect(bench.operations == [2])
    }

    @Test func `who left while it was on the link may be what it was lost by`() {
        var bench = Bench()
        bench.enter(1)
        for sending in bench.flying.keys { bench.quarantine.left(sending, at: bench.now) }
        bench.flying = [:]
        bench.quarantine.lostLink(at: bench.now)
        bench.enter(1)
        bench.enter(2)
        #expect(bench.operations == [1])
        #expect(bench.cut() == [1: .sentenced(.seconds(30))])
        #expect(bench.operations == [2])
    }

    @Test func `what is remembered is bounded, and forgotten after a while`() {
        var bench = Bench()
        bench.enter(1)
        _ = bench.cut()
        _ = bench.cut()
        bench.wait(.seconds(3_000))
        bench.enter(1)
        bench.enter(2)
        #expect(bench.operations == [1, 2])
        for operation in 10...3000 {
            bench.enter(operation)
            for sending in bench.flying.keys {
                bench.flying[sending] = nil
                _ = bench.quarantine.lost(sending, at: bench.now)
            }
        }
        #expect(bench.quarantine.size == Quarantine.capacity)
    }

    @Test func `a trial ends though its client left, and others leave meanwhile`() {
        var quarantine = Quarantine()
        func fingerprint(_ number: Int) -> Fingerprint { Fingerprint(number) }
        let suspect = quarantine.enter(fingerprint(1), at: .zero).sending
        quarantine.sent(suspect, at: .zero)
        #expect(quarantine.lost(suspect, at: .seconds(1)) == .suspect)
        let left = quarantine.enter(fingerprint(2), at: .seconds(2)).sending
        quarantine.sent(left, at: .seconds(2))
        let answered = quarantine.enter(fingerprint(3), at: .milliseconds(3900)).sending
        quarantine.sent(answered, at: .milliseconds(3900))
        // What isn't proven yet must be, before the suspect goes alone.
        _ = quarantine.enter(fingerprint(1), at: .milliseconds(3950))
        #expect(quarantine.turns(at: .milliseconds(3950)).isEmpty)
        quarantine.left(left, at: .milliseconds(3960))
        quarantine.left(999, at: .milliseconds(4100))
        quarantine.answered(answered)
        for second in 5...19 {
            for turn in quarantine.turns(at: .seconds(second)) { quarantine.sent(turn.sending, at: .seconds(second)) }
        }
        let newcomer = quarantine.enter(fingerprint(4), at: .seconds(20))
        var admitted = newcomer.admission == .go
        for second in 20...60 where !admitted {
            let turns = quarantine.turns(at: .seconds(second))
            for turn in turns where turn.admission == .go { quarantine.sent(turn.sending, at: .seconds(second)) }
            admitted = turns.contains { $0.sending == newcomer.sending && $0.admission == .go }
        }
        #expect(admitted)
    }
}
