/// What a comparison was asked for.
struct ComparisonPlan {
    /// The relay's program.
    var relay: String
    /// Further arguments of its `serve`.
    var relayArguments: [String]
    var clientProtocol: ClientProtocol
    var connections: Int
    var runs: Int
    /// How long each run receives.
    var duration: Duration
    /// Events a second.
    var rate: Int
    /// Events made at once.
    var burst: Int
    /// Events on their way in the closed loop; nil leaves the loop out.
    var inFlight: Int?
    /// The bytes of an event's text.
    var size: Int
    /// The servers' processor; nil pins nothing.
    var serverProcessor: Int?
    /// The tool's processor; nil pins nothing.
    var clientProcessor: Int?
    var sources: [Address]
    /// What the relay is compared with.
    var base = ComparisonBase.floor
    /// Further arguments of the base's `serve`, if it is a relay.
    var baseArguments: [String] = []
    /// How many of the relay's clients never read; the base's all do.
    var neverReading = 0
    /// How many connections are opened at a time.
    var connectBurst = LoadPlan.usualBurst
    /// What the figures must come to.
    var bars: [Bar] = []
}
