import TestSupport
import Testing

@testable import Backoffs

struct JitterTests {
    private func draw(_ jitter: Backoff.Jitter, _ wait: Duration, count: Int = 2000) -> [Duration] {
        var generator = SplitMix(seed: 42)
        return (0..<count).map { _ in jitter.apply(to: wait, using: &generator) }
    }

    @Test func `no jitter leaves the wait`() {
        #expect(draw(.none, .seconds(3), count: 3) == Array(repeating: .seconds(3), count: 3))
    }

    @Test func `full jitter spreads evenly from zero to the wait`() {
        let waits = draw(.full, .seconds(8))
        #expect(waits.allSatisfy { (.zero)...(.seconds(8)) ~= $0 })
        for quarter in 0..<4 {
            let range = Duration.seconds(2 * quarter)..<Duration.seconds(2 * quarter + 2)
            #expect((400...600).contains(waits.count { range ~= $0 }), "quarter \(quarter)")
        }
    }

    @Test func `random jitter adds up to one second`() {
        let waits = draw(.random, .seconds(8))
        #expect(waits.allSatisfy { (.seconds(8))...(.seconds(9)) ~= $0 })
        #expect((900...1100).contains(waits.count { $0 < .seconds(8.5) }))
    }

    @Test func `own jitter draws from the generator it is given`() {
        let own = Backoff.Jitter.custom { wait, source in wait + .seconds(Int64(source.next() % 10)) }
        var generator = SplitMix(seed: 1)
        var reference = SplitMix(seed: 1)
        for _ in 0..<5 {
            #expect(own.apply(to: .seconds(1), using: &generator) == .seconds(1 + Int64(reference.next() % 10)))
        }
        #expect(generator.next() == reference.next())
    }

    @Test(arguments: [Backoff.Jitter.none, .full, .random, .custom { _, _ in .seconds(Int64.max) }])
    func `no jitter leaves the range of waits`(jitter: Backoff.Jitter) {
        let range = Duration.zero...(.longestWait)
        #expect(draw(jitter, .seconds(Int64.max), count: 100).allSatisfy { range ~= $0 })
        #expect(draw(jitter, .seconds(Int64.min), count: 100).allSatisfy { range ~= $0 })
    }

    @Test func `a negative wait of one's own jitter is zero`() {
        #expect(draw(.custom { _, _ in .seconds(-1) }, .seconds(1), count: 1) == [.zero])
    }
}
