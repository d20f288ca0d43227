import ArgumentParser

/// How latencies are measured.
struct LatencyOptions: ParsableArguments {
    @Option(
        help: """
            The member of the payload with the time the event was made, in milliseconds since the Unix epoch, whole or with \
            a fraction; none measures no latency (default: at with --upstream, otherwise none).
            """,
        transform: FlagParsing.sequenceKey
    )
    var timestampKey: String?

    @Option(
        help: """
            The time between two events, 1ms to 10m: each later event then also counts as those that should have been made \
            while it was late (correction for coordinated omission).
            """,
        transform: FlagParsing.duration(from: .milliseconds(1))
    )
    var expectedInterval: DurationText?

    /// The member to look for, nil for none.
    func key(feed: FeedPlan?) -> String? {
        if timestampKey == "none" { return nil }
        return timestampKey ?? (feed == nil ? nil : "at")
    }
}
