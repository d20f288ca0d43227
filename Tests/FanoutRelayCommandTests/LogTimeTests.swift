import Testing

@testable import FanoutRelayCommand

struct LogTimeTests {
    @Test(arguments: [
        (0, 0, "1970-01-01T00:00:00.000Z"), (951_782_400, 999, "2000-02-29T00:00:00.999Z"),
        (1_798_761_599, 50, "2026-12-31T23:59:59.050Z"), (4_107_542_400, 0, "2100-03-01T00:00:00.000Z"),
        (1_709_164_799, 1, "2024-02-28T23:59:59.001Z"), (1_709_251_200, 10, "2024-03-01T00:00:00.010Z"),
    ])
    func `UTC is as RFC 3339 has it`(seconds: Int, milliseconds: Int, text: String) {
        #expect(LogTime(seconds: seconds, milliseconds: milliseconds).inUTC == text)
    }

    @Test func `the present moment is after this was written`() {
        let now = LogTime.now
        #expect(now.seconds > 1_790_000_000 && (0..<1000).contains(now.milliseconds))
    }
}
