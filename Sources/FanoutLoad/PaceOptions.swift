import ArgumentParser
import CommandSupport

/// How many events are made, when, and how large.
struct PaceOptions: ParsableArguments {
    /// What is made unless something else is asked for.
    static let (usualRate, usualBurst, usualSize) = (50, 1, 200)

    @Option(
        name: .customLong("rate"),
        help: "Events a second.",
        as: Flags.integer(1...1_000_000),
        otherwise: usualRate
    )
    var givenRate: Int?

    @Option(
        name: .customLong("burst"),
        help: "Events made at once; the rate stays the same.",
        as: Flags.integer(1...100_000),
        otherwise: usualBurst
    )
    var givenBurst: Int?

    @Option(
        help: """
            Make events in a closed loop instead of at a rate: as soon as fewer than so many are on their way to \
            the slowest reader. A server that can't keep up is slowed, not overrun.
            """,
        as: Flags.integer(1...Arrivals.capacity)
    )
    var saturate: Int?

    @Option(
        name: .customLong("size"),
        help: "A payload's bytes.",
        as: Flags.integer(80...1_000_000),
        otherwise: usualSize
    )
    var givenSize: Int?

    /// A payload's bytes.
    var size: Int { givenSize ?? Self.usualSize }

    /// When events are made.
    var pace: Pace {
        saturate.map(Pace.inFlight) ?? Pace(rate: givenRate ?? Self.usualRate, burst: givenBurst ?? Self.usualBurst)
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
