import GraphQLTransport
import TestSupport
import Testing

@Suite struct RetryAfterTests {
    @Test(arguments: [
        ("0", 0), ("120", 120), (" 7\t", 7), ("007", 7), ("2147483648", 1 << 31), ("2147483649", 1 << 31),
        (String(repeating: "9", count: 500), 1 << 31),
    ])
    func `a number is a wait in seconds, up to a limit`(_ text: String, _ seconds: Int64) {
        #expect(RetryAfter.parse(text, now: 1_000) == .seconds(seconds))
    }

    @Test(arguments: [
        ("Sun, 06 Nov 1994 08:49:37 GMT", 784_111_777), ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
        ("Fri, 31 Dec 1999 23:59:59 GMT", 946_684_799), ("Tue, 29 Feb 2000 12:00:00 GMT", 951_825_600),
        ("Fri, 01 Mar 2024 00:00:00 GMT", 1_709_251_200), ("Sat, 31 Dec 2016 23:59:60 GMT", 1_483_228_800),
        ("Mon, 01 Mar 2100 00:00:00 GMT", 4_107_542_400), ("Fri, 31 Dec 9999 23:59:59 GMT", 253_402_300_799),
    ])
    func `a date is a wait until then`(_ text: String, _ epoch: Int64) {
        #expect(RetryAfter.parse(text, now: epoch - 90) == .seconds(90))
        #expect(RetryAfter.parse(text, now: epoch) == .zero)
        #expect(RetryAfter.parse(text, now: epoch + 1) == .zero)
    }

    @Test func `a clock that is far off does not trap`() {
        let text = "Sun, 06 Nov 1994 08:49:37 GMT"
        #expect(RetryAfter.parse(text, now: .max) == .zero)
        #expect(RetryAfter.parse(text, now: .min) == .seconds(RetryAfter.maximum))
        #expect(RetryAfter.parse("Wed, 01 Jan 0000 00:00:00 GMT", now: .max) == .zero)
    }

    @Test(arguments: [
        "", " ", "-1", "+1", "1.5", "1 2", "1s", "0x10", "١", "soon", "Sun, 06 Nov 1994 08:49:37",
        "Sun, 06 Nov 1994 08:49:37 CET", "Sun, 6 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT",
        "Sun Nov  6 08:49:37 1994", "sun, 06 Nov 1994 08:49:37 GMT", "Sun, 06 nov 1994 08:49:37 GMT",
        "Xyz, 06 Nov 1994 08:49:37 GMT", "Sun, 00 Nov 1994 08:49:37 GMT", "Sun, 31 Nov 1994 08:49:37 GMT",
        "Sun, 29 Feb 1900 08:49:37 GMT", "Sun, 30 Feb 2000 08:49:37 GMT", "Sun, 06 Nov 1994 24:49:37 GMT",
        "Sun, 06 Nov 1994 08:60:37 GMT", "Sun, 06 Nov 1994 08:49:61 GMT", "Sun, 06 Nov 1994 0a:49:37 GMT",
        "Sun, 06 N\u{F6}v 994 08:49:37 GMT",
    ])
    func `anything else is no wait`(_ text: String) {
        #expect(RetryAfter.parse(text, now: 0) == nil)
    }

    @Test func `every day of four hundred years follows the one before it`() throws {
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        func padded(_ number: Int, _ width: Int) -> String {
            String(repeating: "0", count: width - String(number).count) + String(number)
        }
        // A second before 2000 is the start, and one day must lie between any two dates that exist.
        var expected: Int64 = 946_684_800
        for year in 2000..<2400 {
            for month in months {
                for day in 1...31 {
                    let text = "Mon, \(padded(day, 2)) \(month) \(padded(year, 4)) 00:00:00 GMT"
                    guard let wait = RetryAfter.parse(text, now: expected - 60) else { continue }
                    #expect(wait == .seconds(60), "\(text)")
                    expected += 86_400
                }
            }
        }
        #expect(expected == 946_684_800 + 146_097 * 86_400)
    }

    @Test func `mutated values never trap and never leave their limits`() {
        var generator = SplitMix(seed: 8)
        let seeds = ["120", "Sun, 06 Nov 1994 08:49:37 GMT"].map(\.bytes)
        var waits = 0
        for _ in 0..<10_000 {
            let bytes = generator.mutate(seeds.randomElement(using: &generator)!, alphabet: "0123456789 ,:".bytes)
            let now = Int64.random(in: .min ... .max, using: &generator)
            guard let wait = RetryAfter.parse(bytes.text, now: now) else { continue }
            waits += 1
            #expect(wait >= .zero && wait <= .seconds(RetryAfter.maximum))
        }
        #expect(waits > 50)
    }
}
