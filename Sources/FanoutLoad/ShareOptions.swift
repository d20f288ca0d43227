import ArgumentParser
import CommandSupport

/// The connections that do something else than read.
struct ShareOptions: ParsableArguments {
    @Option(
        help: """
            How many connections subscribe and then never read: a share (1%) or a count (10). Being closed by the server \
            is expected of them and counted apart; what they were sent last is read after the run.
            """,
        as: Flags.value(Share.self)
    )
    var neverRead = Share.none

    @Option(
        help: "How many read 64 bytes a second; otherwise as --never-read.",
        as: Flags.value(Share.self)
    )
    var crawl = Share.none

    @Option(
        help: "How many connect, subscribe, leave and come back, again and again.",
        as: Flags.value(Share.self)
    )
    var churn = Share.none

    @Option(
        help: "How long a churning connection stays.",
        as: Flags.duration(from: .milliseconds(10))
    )
    var churnInterval = Duration.seconds(1)

    @Option(
        help: "Let connections that are closed come back after so long; being closed is then no failure.",
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

    /// Throws what is wrong with the shares together.
    func validate(connections: Int, clientProtocol: ClientProtocol) throws {
        let special = roles(of: connections).special
        guard special <= connections else {
            let shares = "--never-read '\(neverRead)', --crawl '\(crawl)' and --churn '\(churn)'"
            throw ValidationError("\(shares) are \(special) together; allowed: at most --connections \(connections)")
        }
    }
}
