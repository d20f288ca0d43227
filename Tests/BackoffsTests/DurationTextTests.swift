import TestSupport
import Testing

@testable import Backoffs

struct DurationTextTests {
    @Test(arguments: [
        ("250ms", Duration.milliseconds(250), "250ms"), ("1s", .seconds(1), "1s"),
        ("1.5s", .milliseconds(1500), "1.5s"),
        ("5m", .seconds(300), "5m"), ("2h", .seconds(7200), "2h"), ("60s", .seconds(60), "1m"),
        ("90s", .seconds(90), "90s"),
        ("0.25h", .seconds(900), "15m"), ("1000ms", .seconds(1), "1s"), ("0s", .zero, "0s"), ("000.0h", .zero, "0s"),
        (" 7s\t", .seconds(7), "7s"), ("0.5ms", .microseconds(500), "0.5ms"), ("1.05s", .milliseconds(1050), "1.05s"),
        ("876000h", .longestWait, "876000h"), ("0.000000000000001ms", Duration(attoseconds: 1), "0.000000000000001ms"),
        ("0.00000000000000000000000000000001s", .zero, "0s"),
    ])
    func `a duration is read exactly and printed canonically`(text: String, value: Duration, canonical: String) throws {
        #expect(try Duration(parsing: text) == value)
        #expect(value.canonicalText == canonical)
        #expect(try Duration(parsing: canonical) == value)
    }

    @Test func `any duration in range survives the round trip`() throws {
        var generator = SplitMix(seed: 3)
        for magnitude in 1...26 {
            let limit = repeatElement(Int128(10), count: magnitude).reduce(1, *)
            let value = Duration(attoseconds: Int128.random(in: 0..<limit, using: &generator))
            #expect(try Duration(parsing: value.canonicalText) == value, "\(value.canonicalText)")
        }
    }

    @Test(arguments: [
        ("", "column 1: found the end, expected a duration such as 250ms, 1.5s, 5m or 2h"),
        ("fast", "column 1: found 'fast', expected a duration such as 250ms, 1.5s, 5m or 2h"),
        ("-1s", "column 1: found '-1s', expected a duration such as 250ms, 1.5s, 5m or 2h"),
        ("5", "column 2: found the end, expected a unit: ms, s, m or h"),
        ("5 s", "column 2: found ' ', expected a unit: ms, s, m or h"),
        ("10sec", "column 3: found 'sec', expected a unit: ms, s, m or h"),
        ("10S", "column 3: found 'S', expected a unit: ms, s, m or h"),
        ("1.s", "column 3: found 's', expected digits after the point"),
        (".5s", "column 1: found '.5s', expected a duration such as 250ms, 1.5s, 5m or 2h"),
        ("1s 2s", "column 4: found '2s', expected nothing after the duration"),
        ("876001h", "column 1: found '876001h', expected a duration of at most 876000h"),
        ("876000.1h", "column 1: found '876000.1h', expected a duration of at most 876000h"),
        ("١s", "column 1: found '١s', expected a duration such as 250ms, 1.5s, 5m or 2h"),
    ])
    func `a bad duration is told by column`(text: String, message: String) {
        #expect(throws: BackoffSyntaxError.self) { try Duration(parsing: text) }
        do { _ = try Duration(parsing: text) } catch { #expect(error.description == message) }
    }

    @Test func `endless digits are an error and not a trap`() {
        let digits = String(repeating: "9", count: 10_000)
        do {
            _ = try Duration(parsing: digits + "s")
            Issue.record("read")
        } catch {
            #expect(error.found == "'999999999999999999999999…'")
        }
        #expect(throws: Never.self) { try Duration(parsing: "1." + digits + "s") }
    }

    @Test func `a duration out of range prints as the nearest readable one`() {
        #expect(Duration.seconds(-5).canonicalText == "0s")
        #expect(Duration.seconds(Int64.max).canonicalText == "876000h")
    }
}
