import AccessTokens
import Testing

/// Who is asked now, who waits, and who shares.
struct HookLineTests {
    private static func key(_ number: Int) -> HookQuestion.Key {
        HookQuestion(
            credential: "\(number)",
            kind: nil,
            path: "/",
            origin: nil,
            peer: "",
            topics: [],
            payload: nil
        ).key
    }

    private static func line(concurrency: Int = 2, waiting: Int = 2) -> HookLine {
        var limits = HookLine.Limits()
        (limits.concurrency, limits.waiting) = (concurrency, waiting)
        return HookLine(limits: limits)
    }

    @Test func `so many calls run, so many wait, and no more`() {
        var line = Self.line()
        let entries = (0..<5).map { line.ask(Self.key($0), at: .zero) }
        #expect(entries == [.starts, .starts, .waits, .waits, .busy])
        #expect((line.running, line.waiting) == (2, 2))
        // Whoever asks the same needs no room.
        #expect((0..<4).allSatisfy { line.ask(Self.key($0), at: .zero) == .shares })
        #expect(line.ended(Self.key(1)) == Self.key(2))
        #expect(line.ended(Self.key(0)) == Self.key(3))
        #expect((line.running, line.waiting) == (2, 0))
        #expect(line.ended(Self.key(2)) == nil)
        #expect(line.ended(Self.key(3)) == nil)
        #expect((line.running, line.waiting) == (0, 0))
        #expect(line.ask(Self.key(1), at: .zero) == .starts)
    }

    @Test func `a call ends once, and only one that runs`() {
        var line = Self.line(concurrency: 1)
        _ = (line.ask(Self.key(0), at: .zero), line.ask(Self.key(1), at: .zero))
        #expect(line.ended(Self.key(1)) == nil)
        #expect(line.ended(Self.key(7)) == nil)
        #expect((line.running, line.waiting) == (1, 1))
    }

    @Test func `a question that nobody asks any more leaves the line, and a call goes on`() {
        var line = Self.line(concurrency: 1)
        for number in [0, 1, 1, 2] { _ = line.ask(Self.key(number), at: .zero) }
        line.leave(Self.key(1))
        #expect(line.waiting == 2)
        line.leave(Self.key(1))
        #expect(line.waiting == 1)
        line.leave(Self.key(0))
        line.leave(Self.key(0))
        #expect(line.running == 1)
        #expect(line.ask(Self.key(0), at: .zero) == .shares)
        #expect(line.ended(Self.key(0)) == Self.key(2))
    }

    @Test func `the time in the line counts`() {
        var line = Self.line(concurrency: 1, waiting: 3)
        for number in 0..<4 { _ = line.ask(Self.key(number), at: .milliseconds(100 * number)) }
        #expect(line.timeLeft(for: Self.key(0), at: .milliseconds(500)) == .milliseconds(1500))
        #expect(line.firstEnd == .milliseconds(2100))
        #expect(line.expire(at: .milliseconds(2099)).isEmpty)
        #expect(line.expire(at: .milliseconds(2200)) == [Self.key(1), Self.key(2)])
        #expect(line.firstEnd == .milliseconds(2300))
        #expect(line.ended(Self.key(0)) == Self.key(3))
        #expect(line.timeLeft(for: Self.key(3), at: .milliseconds(2200)) == .milliseconds(100))
        #expect(line.timeLeft(for: Self.key(3), at: .milliseconds(9000)) == .zero)
        #expect(line.firstEnd == nil)
    }
}
