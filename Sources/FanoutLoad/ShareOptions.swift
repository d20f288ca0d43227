import ArgumentParser
import CommandSupport

/// The connections that do something other than read.
struct ShareOptions: ParsableArguments {
    @Option(
        help: """
            How many connections subscribe and then never read: a percentage (1%) or a count (10). The server may \
            close them, which is counted separately; after the run they are read, to learn how they were closed.
            """,
        as: Flags.value(Share.self)
    )
    var neverRead = Share.none

    @Option(
        help: "How many connections read 64 bytes a second; otherwise like --never-read.",
        as: Flags.value(Share.self)
    )
    var crawl = Share.none

    @Option(
        help: "How many connections connect, subscribe, leave and reconnect, again and again.",
        as: Flags.value(Share.self)
    )
    var churn = Share.none

    @Option(
        help: "How long a churning connection stays.",
        as: Flags.duration(from: .milliseconds(10))
    )
    var churnInterval = Duration.seconds(1)

    @Option(
        help: "Lets closed connections reconnect after this time; being closed is then no failure.",
        as: Flags.duration(from: .milliseconds(10))
    )
    var reconnect: Duration?

    /// The shares as numbers.
    func roles(of connections: Int) -> Roles {
        Roles(
            neverReading: neverRead.count(of: connections),
            crawling: crawl.count(of: connections),
            churning: churn.count(of: connections)
        )
    }

    /// Throws when the shares don't fit together.
    func validate(connections: Int, clientProtocol: ClientProtocol) throws {
        let special = roles(of: connections).special
        guard special <= connections else {
            let shares = "--never-read '\(neverRead)', --crawl '\(crawl)' and --churn '\(churn)'"
            throw ValidationError("\(shares) are \(special) together; allowed: at most --connections \(connections)")
        }
    }
}
