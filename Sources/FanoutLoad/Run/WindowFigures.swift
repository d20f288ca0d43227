/// What a summary says of the measured window, or of those of several runs together.
struct WindowFigures {
    /// When it began, in microseconds since the Unix epoch.
    var start: Int64
    var seconds: Double
    /// How many seconds the connections took to open.
    var ramp: Double
    /// The readers' deliveries in the window.
    var deliveries: UInt64
    /// Deliveries a second.
    var rate: Double
    /// Megabytes (10^6) a second.
    var megabytesPerSecond: Double
    /// The tool's share of one core in its own code, 0 to 1.
    var userShare: Double
    /// The tool's share of one core in the kernel, 0 to 1.
    var systemShare: Double
    /// What the watched server used.
    var server: ServerProbe.Usage?
    /// How many resident bytes the watched server grew by.
    var growth: Int?

    /// When it ended, in microseconds since the Unix epoch.
    var end: Int64 { start + Int64(seconds * 1e6) }

    /// The tool's share of one core, 0 to 1.
    var toolShare: Double { userShare + systemShare }
}
