import Testing
import WebSockets

struct TimerWheelTests {
    private func due(_ wheel: inout TimerWheel, at time: Duration) -> [Int] {
        var keys: [Int] = []
        wheel.advance(to: time, into: &keys)
        return keys
    }

    @Test(arguments: [Duration.zero, .seconds(1), .seconds(86400), .milliseconds(99), .milliseconds(12345)])
    func `a key is offered within a grain after its deadline, never before, once`(start: Duration) {
        for delay in [0, 1, 99, 100, 101, 5000, 51_199, 51_200, 51_201, 200_000] {
            let deadline = start + .milliseconds(delay)
            var wheel = TimerWheel(now: start)
            wheel.schedule(7, at: deadline)
            var now = start
            var offered: [Duration] = []
            while now < deadline + .milliseconds(500) {
                now += .milliseconds(10)
                if !due(&wheel, at: now).isEmpty { offered.append(now) }
            }
            #expect(offered.count == 1)
            if let first = offered.first {
                #expect(first >= deadline)
                // A deadline that has passed is offered by the next tick.
                #expect(first <= deadline + TimerWheel.grain + .milliseconds(10))
            }
            #expect(wheel.count == 0)
        }
    }

    @Test
    func `keys come in the order of their deadlines`() {
        var wheel = TimerWheel(now: .zero)
        let deadlines = [5, 1, 4, 40, 2, 3]
        for (key, deadline) in deadlines.enumerated() { wheel.schedule(key, at: .seconds(deadline)) }
        #expect(wheel.count == 6)
        var order: [Int] = []
        for second in 1...45 { order += due(&wheel, at: .seconds(second) + TimerWheel.grain) }
        #expect(order == [1, 4, 5, 2, 0, 3])
    }

    @Test
    func `a long pause loses nothing`() {
        var wheel = TimerWheel(now: .zero)
        for key in 0..<1000 { wheel.schedule(key, at: .seconds(key)) }
        #expect(due(&wheel, at: .seconds(500)).sorted() == Array(0..<500))
        #expect(due(&wheel, at: .seconds(5000)).sorted() == Array(500..<1000))
        #expect(due(&wheel, at: .seconds(4000)).isEmpty)
    }

    @Test
    func `a key that is due may be scheduled again`() {
        var wheel = TimerWheel(now: .zero)
        wheel.schedule(1, at: .seconds(1))
        var times = 0
        for tick in 1...1000 {
            let now = Duration.milliseconds(100 * tick)
            for key in due(&wheel, at: now) {
                times += 1
                wheel.schedule(key, at: now + .seconds(10))
            }
        }
        #expect(times == 10)
    }

    @Test(arguments: [Duration.seconds(Int64.max), .seconds(Int64.min), .seconds(-5)])
    func `a deadline out of all bounds does no harm`(deadline: Duration) {
        var wheel = TimerWheel(now: .seconds(100))
        wheel.schedule(1, at: deadline)
        #expect(due(&wheel, at: .seconds(101)) == (deadline < .zero ? [1] : []))
        var negative = TimerWheel(now: .seconds(-1000))
        negative.schedule(2, at: .seconds(-999))
        #expect(due(&negative, at: .seconds(-998)) == [2])
    }
}
