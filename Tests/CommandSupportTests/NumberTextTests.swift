import CommandSupport
import Testing

/// Numbers as people read them.
struct NumberTextTests {
    @Test(arguments: [(0, "0"), (999, "999"), (1000, "1,000"), (1_234_567, "1,234,567"), (-1000, "-1,000")])
    func `integers have commas`(value: Int, text: String) { #expect(NumberText.grouped(value) == text) }

    @Test(arguments: [
        (0, "0 µs"), (999, "999 µs"), (1000, "1.00 ms"), (99_994, "99.99 ms"), (250_000, "250 ms"),
        (1_500_000, "1.50 s"),
    ])
    func `latencies have a unit`(microseconds: UInt64, text: String) {
        #expect(NumberText.latency(microseconds) == text)
    }

    @Test(
        arguments: [
            (0, "0"), (999, "999"), (1000, "1,000"), (1_234_567, "1,234,567"), (-3, "0"), (.infinity, "–"), (.nan, "–"),
            (1e300, "9,007,199,254,740,992"), (2.5, "3"),
        ] as [(Double, String)]
    )
    func `numbers have commas`(value: Double, text: String) { #expect(NumberText.whole(value) == text) }

    @Test(
        arguments: [(0, "0"), (0.04, "0"), (0.25, "0.3"), (9.94, "9.9"), (10.4, "10"), (1500, "1,500")]
            as [(Double, String)]
    )
    func `small rates have a digit behind the point`(value: Double, text: String) {
        #expect(NumberText.rate(value) == text)
    }

    @Test(
        arguments: [
            (0, "0 B"), (1023, "1,023 B"), (1024, "1 KiB"), (1_048_576, "1 MiB"), (1_600_000, "1.5 MiB"),
            (83_886_080, "80 MiB"), (3_221_225_472, "3 GiB"), (1e300, "9,007,199,254,740,992 GiB"),
        ] as [(Double, String)]
    )
    func `bytes have a unit`(value: Double, text: String) { #expect(NumberText.bytes(value) == text) }

    @Test(
        arguments: [
            (0, "0 ms"), (0.00025, "0.25 ms"), (0.005, "5 ms"), (0.02, "20 ms"), (1, "1 s"), (89, "89 s"),
            (120, "2 min"), (7200, "2 h"), (-1, "0 ms"),
        ] as [(Double, String)]
    )
    func `times have a unit`(seconds: Double, text: String) { #expect(NumberText.time(seconds) == text) }

    @Test(
        arguments: [
            (0, "0.0", "0.00"), (1234.56, "1,234.6", "1,234.56"), (-0.04, "0.0", "-0.04"), (-12.345, "-12.3", "-12.35"),
            (0.05, "0.1", "0.05"), (1e300, "?", "?"), (.nan, "?", "?"),
        ] as [(Double, String, String)]
    )
    func `decimals are as many as asked for`(value: Double, decimal: String, fine: String) {
        #expect(NumberText.decimal(value) == decimal)
        #expect(NumberText.fine(value) == fine)
    }
}
