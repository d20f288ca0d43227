import ArgumentParser
import CommandSupport

/// How latencies are measured.
struct LatencyOptions: ParsableArguments {
    @Option(
        help: """
            The payload's member with the time when the event was made, in milliseconds since the Unix epoch, with or \
            without a fraction. With none, no latency is measured (default: at with --upstream, otherwise none).
            """,
        as: Flags.sequenceKey
    )
    var timestampKey: String?

    @Option(
        help: """
            The time between two events. An event that is later than this then also counts for the events that should \
            have been made meanwhile (correction for coordinated omission).
            """,
        as: Flags.duration(from: .milliseconds(1))
    )
    var expectedInterval: Duration?

    /// The member to look for; nil for none.
    func key(feed: FeedPlan?) -> String? {
        if timestampKey == "none" { return nil }
        return timestampKey ?? (feed == nil ? nil : "at")
    }
}
