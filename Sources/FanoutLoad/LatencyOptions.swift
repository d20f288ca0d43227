import ArgumentParser
import CommandSupport

/// How latencies are measured.
struct LatencyOptions: ParsableArguments {
    @Option(
        help: """
            The member of the payload with the time the event was made, in milliseconds since the Unix epoch, whole or with \
            a fraction; none measures no latency (default: at with --upstream, otherwise none).
            """,
        as: Flags.sequenceKey
    )
    var timestampKey: String?

    @Option(
        help: """
            The time between two events: each later event then also counts as those that should have been made \
            while it was late (correction for coordinated omission).
            """,
        as: Flags.duration(from: .milliseconds(1))
    )
    var expectedInterval: Duration?

    /// The member to look for, nil for none.
    func key(feed: FeedPlan?) -> String? {
        if timestampKey == "none" { return nil }
        return timestampKey ?? (feed == nil ? nil : "at")
    }
}
