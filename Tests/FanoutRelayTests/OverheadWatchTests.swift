import Testing

@testable import FanoutRelay

/// When a client sends too much beside its messages.
struct OverheadWatchTests {
    /// Has a busy watch look at its first place, and again four seconds later.
    private static func isExceeded(rate: Int, read: (UInt32, UInt32), messages: [Int]) -> Bool {
        var watch = busy(rate: rate, places: 1)
        guard let first = turn(of: 0, in: &watch, after: 2) else { return false }
        #expect(first.allowance == nil)
        let isExceededAtFirst = watch.isExceeded(at: 0, read: read.0, by: first)
        #expect(!isExceededAtFirst)
        for count in messages { watch.note(count, at: 0) }
        guard let second = turn(of: 0, in: &watch, after: 6) else { return false }
        return watch.isExceeded(at: 0, read: read.1, by: second)
    }

    /// A watch that has seen a thread which is always busy.
    private static func busy(rate: Int = 200, places: Int) -> OverheadWatch {
        var watch = OverheadWatch(rate: rate)
        for second in 0...1 {
            _ = watch.advance(to: .seconds(second), places: places) { .seconds(second) }
        }
        #expect(watch.isOn)
        return watch
    }

    /// The next turn of a place, when all of them come within four seconds; the thread stays busy.
    private static func turn(of place: Int, in watch: inout OverheadWatch, after second: Int) -> OverheadWatch.Turn? {
        var found: OverheadWatch.Turn?
        for tenth in 0..<OverheadWatch.turns {
            let now = Duration.seconds(second) + .milliseconds(100 * tenth)
            let turn = watch.advance(to: now, places: 1) { now }
            if let turn, turn.first == place { found = turn }
        }
        return found
    }

    // With a rate of 200: 32 KiB, and 256 bytes for each of 1,000 in five seconds.
    private static let allowed: UInt32 = 32 * 1024 + 256 * 1000

    @Test(
        arguments: [
            (200, 7, 7 + allowed, [], false), (200, 7, 8 + allowed, [], true),
            // Messages explain their own bytes, and an eighth for the heads of their fragments.
            (200, 7, 7 + allowed + 9_000, [8_000], false), (200, 7, 8 + allowed + 9_000, [8_000], true),
            (200, 7, 7 + allowed + 9_000, [4_000, 4_000], false), (200, 7, 8_000, [.max, .max], false),
            // The kernel's count is kept modulo 4 GiB.
            (200, .max, allowed - 1, [], false), (200, .max, allowed, [], true),
            // A rate that is low leaves room for what libwebsockets has read of a message.
            (1, 7, 7 + 32 * 1024 + 1280, [], false), (1, 7, 8 + 32 * 1024 + 1280, [], true),
            // Nothing came at all.
            (200, 7, 7, [], false),
        ] as [(Int, UInt32, UInt32, [Int], Bool)]
    )
    func `what messages don't explain is bounded by their rate`(
        rate: Int,
        before: UInt32,
        after: UInt32,
        messages: [Int],
        isExceeded: Bool
    ) {
        #expect(Self.isExceeded(rate: rate, read: (before, after), messages: messages) == isExceeded)
    }

    @Test func `a client that came since the last look isn't judged by its predecessor's bytes`() throws {
        var watch = Self.busy(places: 1)
        let found = Self.turn(of: 0, in: &watch, after: 2)
        let first = try #require(found)
        _ = watch.isExceeded(at: 0, read: 5, by: first)
        watch.forget(0)
        let next = Self.turn(of: 0, in: &watch, after: 6)
        let second = try #require(next)
        let isExceeded = watch.isExceeded(at: 0, read: 1 << 31, by: second)
        #expect(!isExceeded)
    }

    @Test func `a thread that has little to do is left alone`() {
        var watch = OverheadWatch(rate: 200)
        var asked = 0
        for tenth in 0...100 {
            let now = Duration.milliseconds(100 * tenth)
            let turn = watch.advance(to: now, places: 50) {
                asked += 1
                return now * 0.029
            }
            #expect(turn == nil)
        }
        #expect(!watch.isOn)
        #expect(asked == 11)
    }

    @Test func `each client is looked at once in four seconds, and no more when the thread has time again`() {
        var watch = Self.busy(places: 35)
        var looks = [Int](repeating: 0, count: 35)
        for tenth in 0..<120 {
            let now = Duration.seconds(2) + .milliseconds(100 * tenth)
            guard let turn = watch.advance(to: now, places: 35, processorTime: { now }) else { continue }
            for place in stride(from: turn.first, to: 35, by: OverheadWatch.turns) { looks[place] += 1 }
        }
        #expect(looks.allSatisfy { $0 == 3 })
        for second in 14...17 { _ = watch.advance(to: .seconds(second), places: 35) { .seconds(14) } }
        #expect(!watch.isOn)
        let turn = watch.advance(to: .milliseconds(17_100), places: 35) { .seconds(14) }
        #expect(turn == nil)
    }
}
