import TestSupport
import Testing

@testable import Backoffs

struct BackoffTextTests {
    @Test(arguments: [
        (
            "exponential(base: 2, factor: 1s, max: 60s) jitter: full tries: unlimited",
            "exponential(base: 2, factor: 1s, max: 1m) jitter: full tries: unlimited time: unlimited"
        ),
        (
            "exponential(base: 2, factor: 1s, max: 60s) jitter: full tries: unlimited time: 5m",
            "exponential(base: 2, factor: 1s, max: 1m) jitter: full tries: unlimited time: 5m"
        ),
        ("exponential", "exponential(base: 2, factor: 1s) jitter: full tries: unlimited time: unlimited"),
        ("exponential()", "exponential(base: 2, factor: 1s) jitter: full tries: unlimited time: unlimited"),
        (
            "exponential(max:10s,base:1.5)time:90s tries:5",
            "exponential(base: 1.5, factor: 1s, max: 10s) jitter: full tries: 5 time: 90s"
        ),
        ("constant(5s) jitter: none", "constant(5s) jitter: none tries: unlimited time: unlimited"),
        ("fibonacci(max: 1h) jitter: random", "fibonacci(max: 1h) jitter: random tries: unlimited time: unlimited"),
        ("  fibonacci\n\ttries : 1 ", "fibonacci jitter: full tries: 1 time: unlimited"),
        ("decay", "decay(initial: 1s, factor: 1) jitter: full tries: unlimited time: unlimited"),
        (
            "decay(min: 100ms, initial: 1m, factor: 0.00001)",
            "decay(initial: 1m, factor: 1e-05, min: 100ms) jitter: full tries: unlimited time: unlimited"
        ),
        ("[1s, 2s, 5s] jitter: none", "[1s, 2s, 5s] jitter: none tries: unlimited time: unlimited"),
        ("[1s 250ms]", "[1s, 250ms] jitter: full tries: unlimited time: unlimited"),
        ("off", "off"), ("none", "off"),
        (
            "hint or exponential",
            "hint(max: 1m, jitter: random) or exponential(base: 2, factor: 1s) "
                + "jitter: full tries: unlimited time: unlimited"
        ),
        (
            "hint(jitter: none,max:5m)or[1s 2s]tries:5",
            "hint(max: 5m, jitter: none) or [1s, 2s] jitter: full tries: 5 time: unlimited"
        ),
        (
            " hint ( jitter : full )\n or fibonacci jitter: none",
            "hint(max: 1m, jitter: full) or fibonacci jitter: none tries: unlimited time: unlimited"
        ),
    ])
    func `the grammar is read, and printed canonically`(text: String, canonical: String) throws {
        let backoff = try Backoff(parsing: text)
        #expect(backoff.description == canonical)
        let again = try Backoff(parsing: canonical)
        #expect(again.description == canonical)
        #expect(Array(again.waits.prefix(20)) == Array(backoff.waits.prefix(20)))
        #expect(again.maxTries == backoff.maxTries)
        #expect(again.maxTime == backoff.maxTime)
        #expect(again.hint?.max == backoff.hint?.max)
    }

    @Test func `what is read is what was meant`() throws {
        let backoff = try Backoff(parsing: "exponential(base: 3, factor: 2s, max: 10s) tries: 4 jitter: none time: 5m")
        #expect(Array(backoff.waits.prefix(4)) == [.seconds(2), .seconds(6), .seconds(10), .seconds(10)])
        #expect(backoff.maxTries == 4)
        #expect(backoff.maxTime == .seconds(300))
        guard case .none = backoff.jitter else {
            Issue.record("jitter is \(backoff.jitter)")
            return
        }
        #expect(try Backoff(parsing: "off").maxTries == 1)
        #expect(try Backoff(parsing: "off").description == Backoff.off.description)
    }

    @Test func `the default is what its text says`() throws {
        let text = "exponential(base: 2, factor: 1s, max: 1m) jitter: full tries: unlimited time: unlimited"
        #expect(Backoff().description == text)
    }

    @Test func `own waits and own jitter print as custom`() {
        let backoff = Backoff(
            waits: .sequence(repeatElement(.seconds(1), count: 2)),
            jitter: .custom { wait, _ in wait },
            maxTries: -1
        )
        #expect(backoff.description == "custom jitter: custom tries: 1 time: unlimited")
    }

    static let closures: [(Backoff, String)] = [
        (.fibonacci().limited(tries: { 3 }), "fibonacci jitter: full tries: custom time: unlimited"),
        (.fibonacci().limited(time: { nil }), "fibonacci jitter: full tries: unlimited time: custom"),
        (
            .fibonacci().hinted { _ in .seconds(1) },
            "hint(custom, max: 1m, jitter: random) or fibonacci jitter: full tries: unlimited time: unlimited"
        ),
        (
            .fibonacci().hinted(max: .seconds(5), jitter: .custom { wait, _ in wait }),
            "hint(max: 5s, jitter: custom) or fibonacci jitter: full tries: unlimited time: unlimited"
        ),
    ]

    @Test(arguments: closures.indices)
    func `what is a closure prints as custom, which can't be read back`(row: Int) {
        let (backoff, text) = Self.closures[row]
        #expect(backoff.description == text)
        #expect(throws: BackoffSyntaxError.self) { try Backoff(parsing: text) }
    }

    static let sequences: [(Backoff.Waits, String)] = [
        (.sequence(Backoff.Waits.fibonacci(max: .seconds(9))), "fibonacci(max: 9s)"),
        (.sequence([.seconds(1), .seconds(2), .seconds(3)].dropFirst()), "[2s, 3s]"),
        (.sequence(Backoff.Waits.fibonacci().prefix(3)), "custom"),
        (.sequence(CollectionOfOne(.seconds(1))), "custom"),
    ]

    @Test(arguments: sequences.indices)
    func `a sequence that is known by another name prints as that`(row: Int) {
        let (waits, text) = Self.sequences[row]
        #expect(waits.description == text)
    }

    static let duration = "a duration such as 250ms, 1.5s, 5m or 2h"
    static let kinds = "exponential, constant, fibonacci, decay, a list in brackets, hint or off"
    static let hintless = "exponential, constant, fibonacci, decay or a list in brackets"

    @Test(arguments: [
        ("", 1, "the end", kinds),
        ("   ", 4, "the end", kinds),
        ("expnential", 1, "'expnential'", kinds),
        ("Exponential", 1, "'Exponential'", kinds),
        ("(", 1, "'('", kinds),
        ("exponential(bse: 2)", 13, "'bse'", "base, factor or max"),
        ("exponential(base: 2, base: 3)", 22, "'base'", "factor or max"),
        ("exponential(base 2)", 18, "'2'", "':'"),
        ("exponential(base: 0.5)", 19, "'0.5'", "a number from 1 to 1000000"),
        ("exponential(base: nan)", 19, "'nan'", "a number from 1 to 1000000"),
        ("exponential(base: 1e999)", 19, "'1e999'", "a number from 1 to 1000000"),
        ("exponential(base: 1.2.3)", 19, "'1.2.3'", "a number from 1 to 1000000"),
        ("exponential(factor: 1)", 22, "')'", "a unit: ms, s, m or h"),
        ("exponential(factor: x)", 21, "'x'", duration),
        ("exponential(base: 2", 20, "the end", "')' or ','"),
        ("exponential(base: 2, factor: 1s, max: 2s, x: 1)", 41, "','", "')'"),
        ("exponential(base: 2,)", 21, "')'", "factor or max"),
        ("constant", 9, "the end", "'('"),
        ("constant()", 10, "')'", duration),
        ("constant(5s, 6s)", 12, "','", "')'"),
        ("fibonacci(min: 1s)", 11, "'min'", "max"),
        ("decay(factor: -1)", 15, "'-1'", "a number from 0 to 1000000"),
        ("[]", 2, "']'", duration),
        ("[1s,]", 5, "']'", duration),
        ("[1s", 4, "the end", "',', ']' or \(duration)"),
        ("[1s; 2s]", 4, "';'", "',', ']' or \(duration)"),
        ("off tries: 3", 5, "'tries'", "nothing after off"),
        ("fibonacci tries 3", 17, "'3'", "':'"),
        ("fibonacci tries: 0", 18, "'0'", "a whole number from 1 to 1000000000 or unlimited"),
        ("fibonacci tries: 2.5", 18, "'2.5'", "a whole number from 1 to 1000000000 or unlimited"),
        ("fibonacci tries: -1", 18, "'-1'", "a whole number from 1 to 1000000000 or unlimited"),
        ("fibonacci tries: many", 18, "'many'", "a whole number from 1 to 1000000000 or unlimited"),
        (
            "fibonacci tries: 99999999999999999999", 18, "'99999999999999999999'",
            "a whole number from 1 to 1000000000 or unlimited"
        ),
        ("fibonacci tries: 1 tries: 2", 20, "'tries'", "jitter: or time:"),
        ("fibonacci time: soon", 17, "'soon'", "\(duration), or unlimited"),
        ("fibonacci jitter: half", 19, "'half'", "full, random or none"),
        ("fibonacci jitter: full x", 24, "'x'", "tries: or time:"),
        ("fibonacci jitter: full tries: 1 time: 1s x", 42, "'x'", "nothing more"),
        ("hint", 5, "the end", "or, and what to do without a hint"),
        ("hint(max: 5s) exponential", 15, "'exponential'", "or, and what to do without a hint"),
        ("hint(max: 5)", 12, "')'", "a unit: ms, s, m or h"),
        ("hint(min: 5s)", 6, "'min'", "max or jitter"),
        ("hint(custom, max: 1m) or fibonacci", 6, "'custom'", "max or jitter"),
        ("hint(max: 5s, max: 6s)", 15, "'max'", "jitter"),
        ("hint(jitter: half)", 14, "'half'", "full, random or none"),
        ("hint or", 8, "the end", hintless),
        ("hint or off", 9, "'off'", hintless),
        ("hint or hint or fibonacci", 9, "'hint'", hintless),
        ("hints or fibonacci", 1, "'hints'", kinds),
        ("custom jitter: full", 1, "'custom'", kinds),
        ("fibonacci jitter: custom", 19, "'custom'", "full, random or none"),
        ("fibonacci tries: custom", 18, "'custom'", "a whole number from 1 to 1000000000 or unlimited"),
        ("fibonacci\u{7}", 10, "'\\u{07}'", "jitter:, tries: or time:"),
        ("fibonacci\n jitter: \u{1F9E8}", 20, "'\u{1F9E8}'", "full, random or none"),
    ])
    func `a mistake is told by column, finding and choice`(text: String, column: Int, found: String, expected: String) {
        do {
            let backoff = try Backoff(parsing: text)
            Issue.record("read as \(backoff)")
        } catch {
            #expect(error == BackoffSyntaxError(column: column, found: found, expected: expected))
            #expect(!error.description.contains("\n"))
        }
    }

    @Test func `any text cut short or altered is read or refused, never a trap`() {
        let text = "hint(max: 9s, jitter: none) or exponential(base: 2, max: 60s) jitter: full tries: 9 time: 5m"
        let bytes = Array(text.utf8)
        var generator = SplitMix(seed: 11)
        var refused = 0
        for length in 0...bytes.count {
            for _ in 0..<20 {
                var altered = Array(bytes.prefix(length))
                if length > 0 {
                    altered[Int.random(in: 0..<length, using: &generator)] = UInt8.random(
                        in: 0...255,
                        using: &generator
                    )
                }
                do throws(BackoffSyntaxError) {
                    let backoff = try Backoff(parsing: String(decoding: altered, as: UTF8.self))
                    #expect(throws: Never.self) { try Backoff(parsing: backoff.description) }
                } catch {
                    refused += 1
                    #expect((1...length + 1).contains(error.column))
                }
            }
        }
        #expect(refused > 1000)
    }
}
