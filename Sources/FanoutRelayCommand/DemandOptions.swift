import ArgumentParser
import CommandSupport
internal import Fanout
import FanoutRelay

/// Flags about topics that start with their first subscriber.
struct DemandOptions: ParsableArguments {
    @Flag(
        inversion: .prefixedNo,
        help: """
            Lets clients run any subscription, with the relay's credentials at the server. Equal subscriptions share \
            one operation there. By default only the operator's topics are served.
            """
    )
    var allowAnySubscription = false

    @Option(
        help: ArgumentHelp(
            "The most client topics at a time, that is, different subscriptions of clients. When there are so many, a "
                + "new one replaces one that nobody listens to. The last tenth is reserved for client addresses that "
                + "have none.",
            valueName: "count"
        ),
        as: Flags.integer(1...1_000_000)
    )
    var maxTopics = DemandPolicy().maximumTopics

    @Option(
        help: ArgumentHelp(
            "How long a topic that started with its first subscriber runs on after the last one has left.",
            valueName: "duration"
        ),
        as: Flags.duration(.zero ... .seconds(3_600))
    )
    var topicLinger = DemandPolicy().linger

    /// Writes the flags to a configuration.
    func apply(to configuration: inout Configuration) {
        configuration.demand.allowsAnySubscription = allowAnySubscription
        configuration.demand.maximumTopics = maxTopics
        configuration.demand.linger = topicLinger
    }
}
