import ArgumentParser

/// How many events are made, when, and how large.
struct PaceOptions: ParsableArguments {
    @Option(
        name: .customLong("rate"),
        help: "Events a second, 1 to 1000000 (default: 50).",
        transform: FlagParsing.integer(in: 1...1_000_000)
    )
    var givenRate: Int?

    @Option(
        name: .customLong("burst"),
        help: "Events made at once, 1 to 100000; the rate stays the same (default: 1).",
        transform: FlagParsing.integer(in: 1...100_000)
    )
    var givenBurst: Int?

    @Option(
        help: """
            Make events in a closed loop instead of at a rate: as soon as fewer than so many, 1 to 4096, are on their way to \
            the slowest reader. A server that can't keep up is slowed, not overrun.
            """,
        transform: FlagParsing.integer(in: 1...Arrivals.capacity)
    )
    var saturate: Int?

    @Option(
        name: .customLong("size"),
        help: "A payload's bytes, 80 to 1000000 (default: 200).",
        transform: FlagParsing.integer(in: 80...1_000_000)
    )
    var givenSize: Int?

    /// A payload's bytes.
    var size: Int { givenSize ?? 200 }

    /// When events are made.
    var pace: Pace {
        saturate.map(Pace.inFlight) ?? Pace(rate: givenRate ?? 50, burst: givenBurst ?? 1)
    }

    /// One of the options that was given, nil if none was.
    var given: String? {
        if givenRate != nil { return "--rate" }
        if givenBurst != nil { return "--burst" }
        if givenSize != nil { return "--size" }
        return saturate == nil ? nil : "--saturate"
    }

    /// Throws what is wrong with the options together.
    func validatePace() throws {
        if saturate != nil, givenRate != nil || givenBurst != nil {
            throw ValidationError("--saturate makes events in a closed loop: not allowed with --rate or --burst")
        }
    }
}
