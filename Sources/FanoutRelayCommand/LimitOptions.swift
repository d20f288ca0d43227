import ArgumentParser
import CommandSupport
import FanoutRelay

/// Flags about how much one client, or one subject, may ask for.
struct LimitOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The most messages that a client may send within a second; after more it is closed with 1008. Pings, pongs "
                + "and small fragments count, too. By default twice --max-subscriptions, but at least 200: clients "
                + "that come back send all their operations at once.",
            valueName: "count"
        ),
        as: Flags.integer(1...Admission.highestRate)
    )
    var messageRate: Int?

    @Option(
        help: ArgumentHelp(
            "The most operations that a client may begin within a second; further ones are answered with an error. By "
                + "default as many as --max-subscriptions, but at least 100.",
            valueName: "count"
        ),
        as: Flags.integer(1...Admission.highestRate)
    )
    var subscribeRate: Int?

    @Option(
        help: ArgumentHelp(
            "The most connections at a time of one subject, that is, of all tokens that name the same one; further "
                + "ones get 429, or are closed with 1013. By default as many as --max-connections.",
            valueName: "count"
        ),
        as: Flags.integer(1...10_000_000)
    )
    var maxConnectionsPerSubject: Int?

    @Option(
        help: ArgumentHelp(
            "How much memory the process may have. From 90 % of it on new clients get 503; from 95 % on histories are "
                + "cut, and clients that lag the most are closed with 1013. By default three quarters of the machine's "
                + "memory, or of the limit of the process's control group.",
            valueName: "bytes"
        ),
        as: Flags.bytes((32 << 20)...(1 << 50))
    )
    var maxMemory: Int?

    /// Writes the flags to a configuration.
    func apply(to configuration: inout Configuration) {
        configuration.maximumMemory = maxMemory
        configuration.admission.messageRate = messageRate
        configuration.admission.subscribeRate = subscribeRate
        configuration.admission.maximumPerSubject = maxConnectionsPerSubject ?? .max
    }
}
