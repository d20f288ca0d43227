import ArgumentParser
import CommandSupport

/// The relays that `chaos` starts.
struct StartedOptions: ParsableArguments {
    @Option(help: "The path of fanout-relay, built with the trait Cluster, whose relays are started.")
    var relay: String?

    @Option(help: "The path of nats-server, whose servers have the group's log.")
    var natsServer = "/usr/sbin/nats-server"

    @Option(help: "How many servers have the log: 1 or 3.", as: Flags.integer(1...3))
    var servers = 1

    @Option(help: "How many relays have clients.", as: Flags.integer(2...9))
    var edges = 3

    @Option(help: "What relays that don't lead do meanwhile.", as: Flags.word(Standby.self))
    var standby = Standby.cold

    @Option(help: "The relays' --cluster-lease.", as: Flags.duration(.milliseconds(200) ... .seconds(60)))
    var lease = Duration.seconds(2)

    @Flag(help: "Starts a tree without servers instead: a root, two relays behind it, and the edges behind those.")
    var tree = false

    @Option(help: "How many events are made each second.", as: Flags.integer(1...100_000))
    var rate = 200

    @Option(help: "A payload's length in bytes.", as: Flags.integer(80...10_000))
    var size = 200

    /// The relays' names for people.
    var words: String {
        if tree { return "a tree with \(edges) leaves" }
        let servers = servers == 1 ? "1 server" : "\(servers) servers"
        return "\(edges) relays on \(servers), \(standby.rawValue) standby, lease \(leaseText)"
    }

    /// The lease as the relay's flag has it.
    var leaseText: String { "\(Int(lease / .milliseconds(1)))ms" }
}

/// Relays that somebody else runs.
struct GivenOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "A relay's address, ws://HOST:PORT/graphql, instead of --relay; may be repeated.",
            valueName: "url"
        ),
        as: Flags.value(Endpoint.self)
    )
    var edge: [Endpoint] = []

    @Option(
        help: ArgumentHelp(
            "A fault of these relays: a command for /bin/sh -c, which returns when it is over; may be repeated.",
            valueName: "name=command"
        ),
        as: Flags.value(GivenFault.self)
    )
    var fault: [GivenFault] = []

    @Option(help: ArgumentHelp("A fault of --fault at which no gap may be told; may be repeated.", valueName: "name"))
    var gapless: [String] = []

    @Option(help: "The name of the relays' topic, or of the operation of --query.")
    var operationName = "tick"

    @Option(help: "The subscription's document, if it has to be sent.")
    var query: String?

    @Option(
        help: "The integer member with an event's number, which counts up by one.",
        as: Flags.sequenceKey
    )
    var sequenceKey = "n"
}

/// What is written where, and what is required.
struct ChaosResultOptions: ParsableArguments {
    @Option(
        name: .customLong("require"),
        help: ArgumentHelp(
            "A requirement on stalls, of all faults or one; may be repeated. Figures: min p50 p99 max.",
            valueName: "'kill-leader.p99 <= 3s'"
        ),
        transform: Flags.chaosBar
    )
    var bars: [ChaosBar] = []

    @Option(help: ArgumentHelp("A file for the results as one JSON object.", valueName: "file"))
    var json: String?

    @Option(help: ArgumentHelp("A file for the table as Markdown.", valueName: "file"))
    var markdown: String?

    @Option(help: ArgumentHelp("A file for an HTML page with the table, and a plot of the stalls.", valueName: "file"))
    var html: String?

    @Option(
        help: ArgumentHelp(
            "A file that keeps what was found after each fault: a run with the same file and flags goes on there.",
            valueName: "file"
        )
    )
    var state: String?

    @Option(
        help: ArgumentHelp(
            "Where logs of relays and servers go; otherwise to a directory that is kept only if something was found.",
            valueName: "directory"
        )
    )
    var logs: String?
}

extension Flags {
    /// Reads a requirement on stalls.
    static func chaosBar(_ text: String) throws -> ChaosBar {
        do throws(Requirement.Mistake) {
            return try ChaosBar(text)
        } catch {
            throw ValidationError(error.description)
        }
    }
}
