import ArgumentParser
import CommandSupport
import FanoutRelay
import Glibc
internal import GraphQLSession
internal import NATSLink

/// Flags about a group of relays, which share the upstream's operations.
struct ClusterOptions: ParsableArguments {
    /// The defaults of flags; its servers and its node are placeholders.
    private static let defaults = ClusterConfiguration(servers: [], node: "")

    @Option(
        help: ArgumentHelp(
            "NATS servers with JetStream by which relays form a group: nats://HOST:PORT or tls://HOST:PORT, several "
                + "with commas between them, of which any will do. One relay of the group runs each topic's operation "
                + "at the upstream, all deliver its events with the same numbers, and when it dies another one goes "
                + "on. Without this flag the relay is by itself. All relays of a group need the same flags of this "
                + "section, but for --cluster-node, --cluster-role and the ways to log in.",
            valueName: "url"
        )
    )
    var cluster: String?

    @Option(
        help: ArgumentHelp(
            "The relay's name in its group, in which all must differ; by default the host's name, which in Kubernetes "
                + "is the pod's.",
            valueName: "name"
        ),
        transform: Flags.nodeName
    )
    var clusterNode: String?

    @Option(
        help: ArgumentHelp(
            "The group's name: up to \(ClusterConfiguration.longestName) letters, digits, - and _. Relays of several "
                + "groups may use the same servers; the streams of a group are called fanout-NAME-0 and so on.",
            valueName: "name"
        ),
        as: Flags.groupName
    )
    var clusterName = Self.defaults.name

    @Option(
        help: ArgumentHelp(
            "What the relay may become. An edge never runs an operation, and makes no stream; a group needs at least "
                + "one relay that isn't one, and two to survive its loss.",
            valueName: "role"
        ),
        as: Flags.word(ClusterConfiguration.Role.self)
    )
    var clusterRole = Self.defaults.role

    @Option(
        help: ArgumentHelp(
            "What the relay that leads next has ready. With cold it subscribes when it begins to lead, and clients are "
                + "told a gap. With hot it runs the operations too, twice as many at the upstream, and goes on without "
                + "a gap where the last events show the place.",
            valueName: "standby"
        ),
        as: Flags.word(ClusterConfiguration.Standby.self)
    )
    var clusterStandby = Self.defaults.standby

    @Option(
        help: ArgumentHelp(
            "How long the relay that leads may be silent before another one leads. Clients miss events for about so "
                + "long when it dies; pauses of the servers that are longer cost a change of the leader.",
            valueName: "duration"
        ),
        as: Flags.duration(.milliseconds(100) ... .seconds(60))
    )
    var clusterLease = Self.defaults.lease

    @Option(
        help: ArgumentHelp(
            "How many logs the topics are spread over, each a stream with a leader of its own, so that relays share "
                + "the upstream's load. It can't change while the group's streams are there.",
            valueName: "count"
        ),
        as: Flags.integer(1...64)
    )
    var clusterPartitions = Self.defaults.partitions

    @Option(
        help: ArgumentHelp(
            "On how many servers each log is kept. With 3, one server may be lost; it takes as many servers.",
            valueName: "count"
        ),
        as: Flags.number(of: [1, 3, 5])
    )
    var clusterReplicas = Self.defaults.replicas

    @Option(
        help: ArgumentHelp(
            "Where the servers keep the logs. Those in memory are gone when their servers restart: clients are then "
                + "told a gap.",
            valueName: "storage"
        ),
        as: Flags.word(StreamConfiguration.Storage.self)
    )
    var clusterStorage = Self.defaults.storage

    @Option(
        help: ArgumentHelp(
            "How much of each log the servers keep, at least \(StreamConfiguration.smallestHistory) times "
                + "--max-message. The relay that leads keeps up to as much in memory while it can't append.",
            valueName: "bytes"
        ),
        as: Flags.bytes((1 << 20)...(1 << 40))
    )
    var clusterHistoryBytes = Self.defaults.historyBytes

    @Option(
        help: ArgumentHelp("How long the servers keep it.", valueName: "duration"),
        as: Flags.duration(.seconds(1) ... .seconds(2_592_000))
    )
    var clusterHistoryAge = Self.defaults.historyAge

    @Option(
        help: ArgumentHelp(
            "How long the first event of an append waits for others. It saves the servers work where events follow "
                + "each other quickly and there are many relays; what comes during an append goes together anyway.",
            valueName: "duration"
        ),
        as: Flags.duration(.zero ... .seconds(1))
    )
    var clusterLinger = Self.defaults.linger

    @OptionGroup
    var access: ClusterAccessOptions

    /// Refuses flags that would have no effect, and what is no list of servers.
    func validate() throws {
        guard cluster == nil else {
            _ = try servers()
            return
        }
        let others: [(name: String, isGiven: Bool)] =
            [
                ("--cluster-node", clusterNode != nil), ("--cluster-name", clusterName != Self.defaults.name),
                ("--cluster-role", clusterRole != Self.defaults.role),
                ("--cluster-standby", clusterStandby != Self.defaults.standby),
                ("--cluster-lease", clusterLease != Self.defaults.lease),
                ("--cluster-partitions", clusterPartitions != Self.defaults.partitions),
                ("--cluster-replicas", clusterReplicas != Self.defaults.replicas),
                ("--cluster-storage", clusterStorage != Self.defaults.storage),
                ("--cluster-history-bytes", clusterHistoryBytes != Self.defaults.historyBytes),
                ("--cluster-history-age", clusterHistoryAge != Self.defaults.historyAge),
                ("--cluster-linger", clusterLinger != Self.defaults.linger),
            ] + access.given
        for (name, isGiven) in others where isGiven {
            throw ValidationError("\(name): allowed: together with --cluster only")
        }
    }

    private func servers() throws -> [NATSServer] { try Flags.natsServers(cluster ?? "", of: "--cluster") }

    /// Writes the flags to a configuration, after those of the upstream.
    ///
    /// - Parameter isBuilt: Whether this program can do it.
    func apply(to configuration: inout Configuration, isBuilt: Bool = Configuration.isBuiltForCluster) throws {
        guard cluster != nil else { return }
        try Self.refuse(unlessBuilt: isBuilt)
        var group = ClusterConfiguration(servers: try servers(), node: try node())
        group.name = clusterName
        group.role = clusterRole
        group.standby = clusterStandby
        group.lease = clusterLease
        group.partitions = clusterPartitions
        group.replicas = clusterReplicas
        group.storage = clusterStorage
        group.historyBytes = clusterHistoryBytes
        group.historyAge = clusterHistoryAge
        group.linger = clusterLinger
        try access.apply(to: &group)
        // An event that is larger than a message goes in parts, and the first must be there when the last is read.
        let least = configuration.session.maximumMessageSize * StreamConfiguration.smallestHistory
        guard clusterHistoryBytes >= least else {
            throw Failure(
                line: "--cluster-history-bytes \(Flags.text(ofBytes: clusterHistoryBytes)): allowed: "
                    + "\(StreamConfiguration.smallestHistory) times --max-message or more, "
                    + Flags.text(ofBytes: least),
                exitCode: EX_USAGE
            )
        }
        configuration.cluster = group
    }

    /// Says so where this program was built without groups.
    static func refuse(unlessBuilt isBuilt: Bool = Configuration.isBuiltForCluster) throws(Failure) {
        guard !isBuilt else { return }
        throw Failure(
            line: "--cluster: this build can't be one of a group; allowed: in one that was made with libnats and "
                + "'swift build --traits Cluster'",
            exitCode: EX_USAGE
        )
    }

    private func node() throws -> String {
        if let clusterNode { return clusterNode }
        guard let name = try? Flags.nodeName(Flags.hostName) else {
            throw Failure(line: "--cluster-node: missing; this host has no name that will do", exitCode: EX_USAGE)
        }
        return name
    }
}
