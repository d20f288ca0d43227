import Testing

@testable import Backoffs

struct WaitsTests {
    struct Countdown: Sequence, IteratorProtocol, Sendable {
        var left: Int

        mutating func next() -> Duration? {
            guard left > 0 else { return nil }
            defer { left -= 1 }
            return .seconds(left)
        }
    }

    static let rows: [(waits: Backoff.Waits, seconds: [Double])] = [
        (.exponential(), [1, 2, 4, 8, 16, 32, 64, 128]),
        (.exponential(max: .seconds(60)), [1, 2, 4, 8, 16, 32, 60, 60]),
        (.exponential(base: 3, factor: .milliseconds(100)), [0.1, 0.3, 0.9, 2.7, 8.1, 24.3, 72.9, 218.7]),
        (.exponential(base: 1, factor: .seconds(7)), [7, 7, 7, 7, 7, 7, 7, 7]),
        (.exponential(factor: .seconds(9), max: .seconds(5)), [5, 5, 5, 5, 5, 5, 5, 5]),
        (.exponential(factor: .seconds(-3)), [0, 0, 0, 0, 0, 0, 0, 0]),
        (.constant(.seconds(5)), [5, 5, 5, 5, 5, 5, 5, 5]),
        (.constant(.seconds(-5)), [0, 0, 0, 0, 0, 0, 0, 0]),
        (.fibonacci(), [1, 1, 2, 3, 5, 8, 13, 21]),
        (.fibonacci(max: .seconds(4)), [1, 1, 2, 3, 4, 4, 4, 4]),
        (.decay(initial: .seconds(8), factor: 0), [8, 8, 8, 8, 8, 8, 8, 8]),
        (
            .decay(initial: .seconds(1), factor: 1000, min: .seconds(0.25)),
            [1, 0.25, 0.25, 0.25, 0.25, 0.25, 0.25, 0.25]
        ),
        ([.seconds(1), .seconds(-2), .seconds(5)], [1, 0, 5]),
        (.sequence([.milliseconds(5)]), [0.005]),
        (.sequence(Countdown(left: 3)), [3, 2, 1]),
        ([], []),
    ]

    @Test(arguments: rows.indices)
    func `each kind of waits begins with the waits of the table`(row: Int) {
        let (waits, seconds) = Self.rows[row]
        let found = waits.prefix(8).map(\.attosecondsAsDouble)
        #expect(found.count == seconds.count)
        for (found, second) in zip(found, seconds) {
            #expect(abs(found - second * 1e18) <= second * 1e4, "\(waits)")
        }
    }

    @Test(arguments: [
        Backoff.Waits.exponential(base: 1e300, factor: .seconds(Int64.max)),
        .exponential(base: .greatestFiniteMagnitude),
        .exponential(base: 1.5),
        .fibonacci(),
        .constant(.seconds(Int64.max)),
        .sequence(repeatElement(Duration.seconds(Int64.max), count: 2000)),
    ])
    func `waits that grow stop at 100 years and never overflow`(waits: Backoff.Waits) {
        let last = Array(waits.prefix(2000)).last
        #expect(last == .seconds(100 * 365 * 24 * 3600))
    }

    @Test(arguments: [
        (0.5, 0.606_530_659_712_633_4), (1, 0.367_879_441_171_442_3), (10, 4.539_992_976_248_485e-05),
        (0.01, 0.990_049_833_749_168_1),
    ])
    func `decay shrinks by e to the minus factor`(factor: Double, ratio: Double) {
        let waits = Array(Backoff.Waits.decay(initial: .seconds(1000), factor: factor).prefix(2))
        #expect(waits[0] == .seconds(1000))
        // As exact as a number of 53 bits can be.
        #expect(abs(waits[1].attosecondsAsDouble / 1e21 - ratio) <= ratio * 4e-16)
    }

    @Test func `each iteration begins anew`() {
        let waits = Backoff.Waits.sequence(Countdown(left: 2))
        #expect(Array(waits) == Array(waits))
        #expect(Array(waits) == [.seconds(2), .seconds(1)])
    }
}
