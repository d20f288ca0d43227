import ArgumentParser
import CommandSupport
import FanoutRelay
import Glibc

/// Which group is looked at, and as whom.
struct GroupOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The group's NATS servers: nats://HOST:PORT or tls://HOST:PORT, several with commas between them, of which "
                + "any will do.",
            valueName: "url"
        )
    )
    var cluster: String

    @Option(help: ArgumentHelp("The group's name.", valueName: "name"), as: Flags.groupName)
    var clusterName = ClusterConfiguration(servers: [], node: "").name

    @OptionGroup
    var access: ClusterAccessOptions

    @Option(
        help: ArgumentHelp("How long the relays have to answer.", valueName: "duration"),
        as: Flags.duration(.milliseconds(10) ... .seconds(60))
    )
    var wait = Duration.milliseconds(500)

    func validate() throws { _ = try Flags.natsServers(cluster, of: "--cluster") }

    func group() throws -> ClusterConfiguration {
        try ClusterOptions.refuse()
        var group = ClusterConfiguration(
            servers: try Flags.natsServers(cluster, of: "--cluster"),
            node: "operator at \(Flags.hostName)"
        )
        group.name = clusterName
        try access.apply(to: &group)
        return group
    }

    /// A line for who can't see the group.
    func failure(_ reason: String) -> Failure {
        Failure(line: "group \(clusterName): \(reason)", exitCode: EX_UNAVAILABLE)
    }
}
