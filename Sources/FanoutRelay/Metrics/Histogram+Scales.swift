extension Histogram.Scale {
    /// Of what takes as long as a network does: 100 µs to 10 s.
    static let latency = time(microseconds: [
        100, 250, 500, 1000, 2500, 5000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000,
        5_000_000, 10_000_000,
    ])

    /// Of what a thread does without a pause: 10 µs to 1 s.
    static let sweep = time(microseconds: [
        10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000,
    ])

    /// Of what a server computes: 1 ms to twice the longest time that a query may take.
    static let execution = time(microseconds: [
        1000, 2500, 5000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000, 5_000_000,
        10_000_000, 15_000_000, 30_000_000,
    ])

    /// Of events that come together.
    static let events = numbers([1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 4096])

    /// From nothing to more than a history has, unless it was made larger.
    static let bytes = numbers([
        0, 1 << 10, 4 << 10, 16 << 10, 64 << 10, 256 << 10, 1 << 20, 4 << 20, 16 << 20, 64 << 20,
    ])
}
