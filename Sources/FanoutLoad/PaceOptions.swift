import ArgumentParser
import CommandSupport

/// How many events are made, when, and how large they are.
struct PaceOptions: ParsableArguments {
    /// The defaults.
    static let (usualRate, usualBurst, usualSize) = (50, 1, 200)

    @Option(
        name: .customLong("rate"),
        help: "How many events are made each second.",
        as: Flags.integer(1...1_000_000),
        otherwise: usualRate
    )
    var givenRate: Int?

    @Option(
        name: .customLong("burst"),
        help: "How many events are made at once; the rate stays the same.",
        as: Flags.integer(1...100_000),
        otherwise: usualBurst
    )
    var givenBurst: Int?

    @Option(
        help: """
            Makes events in a closed loop instead of at a rate: a new one as soon as fewer than this many are in \
            flight to the slowest reader. A server that can't keep up then slows the loop instead of falling behind.
            """,
        as: Flags.integer(1...Arrivals.capacity)
    )
    var saturate: Int?

    @Option(
        name: .customLong("size"),
        help: "The payload's length in bytes.",
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

    /// The first option that was given; nil if none was.
    var given: String? {
        if givenRate != nil { return "--rate" }
        if givenBurst != nil { return "--burst" }
        if givenSize != nil { return "--size" }
        return saturate == nil ? nil : "--saturate"
    }

    /// Throws when the options don't fit together.
    func validatePace() throws {
        if saturate != nil, givenRate != nil || givenBurst != nil {
            throw ValidationError("--saturate makes events in a closed loop: not allowed with --rate or --burst")
        }
    }
}
