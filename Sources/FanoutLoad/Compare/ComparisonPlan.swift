/// The options of a comparison.
struct ComparisonPlan {
    /// The path of the relay's program.
    var relay: String
    /// Further arguments for its `serve`.
    var relayArguments: [String]
    var clientProtocol: ClientProtocol
    var connections: Int
    var runs: Int
    /// How long each run receives.
    var duration: Duration
    /// Events a second.
    var rate: Int
    /// How many events are made at once.
    var burst: Int
    /// How many events are in flight in the closed loop; nil leaves the loop out.
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
    /// Further arguments for the base's `serve`, if it is a relay.
    var baseArguments: [String] = []
    /// How many of the relay's clients never read; all clients of the base read.
    var neverReading = 0
    /// How many connections are opened at a time.
    var connectBurst = LoadPlan.usualBurst
    /// The requirements on the figures.
    var bars: [Bar] = []
}
