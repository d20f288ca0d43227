import ArgumentParser
import CommandSupport
internal import Fanout
import FanoutRelay

/// Flags about subscriptions that start with their first listener.
struct DemandOptions: ParsableArguments {
    @Flag(
        help: """
            Let clients subscribe to whatever they like, with the credentials that the relay has at the server; equal \
            subscriptions share one. By default only the topics are served.
            """
    )
    var allowAnySubscription = false

    @Option(
        help: ArgumentHelp(
            "Most different subscriptions of clients at a time. When they are taken, those that nobody "
                + "listens to give way. The last tenth is kept for addresses that have none.",
            valueName: "count"
        ),
        as: Flags.integer(1...1_000_000)
    )
    var maxTopics = DemandPolicy().maximumTopics

    @Option(
        help: ArgumentHelp(
            "How long a subscription that started with its first listener outlasts the last one.",
            valueName: "duration"
        ),
        as: Flags.duration(.zero ... .seconds(3_600))
    )
    var topicLinger = DemandPolicy().linger

    /// Tells a configuration what the flags say.
    func apply(to configuration: inout Configuration) {
        configuration.demand.allowsAnySubscription = allowAnySubscription
        configuration.demand.maximumTopics = maxTopics
        configuration.demand.linger = topicLinger
    }
}
