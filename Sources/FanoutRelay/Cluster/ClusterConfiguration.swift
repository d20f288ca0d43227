internal import Backoffs
package import NATSLink
package import WebSockets

/// How a relay is one of a group, whose relays share the upstream's operations through a log on NATS JetStream.
package struct ClusterConfiguration: Sendable, Hashable {
    /// What a relay may become.
    package enum Role: String, Sendable, CaseIterable {
        /// It may lead: then it runs the operations for all.
        case any
        /// It never leads, and needs no way to the upstream but for queries.
        case edge
    }

    /// What a relay that doesn't lead has ready.
    package enum Standby: String, Sendable, CaseIterable {
        /// Nothing: when it begins to lead it subscribes anew, and clients are told a gap.
        case cold
        /// The one that leads next runs the operations too, and goes on without a gap where the events show the place.
        case hot
    }

    /// The NATS servers, of which any will do.
    package var servers: [NATSServer]
    /// Tells the group from others on the same servers: letters, digits, `-` and `_`, at most 64 of them.
    package var name = "fanout"
    /// Tells the relay from others of the group, which must all have different names; at most 255 bytes.
    package var node: String
    /// What the relay may become; anything by default.
    package var role = Role.any
    /// What is kept ready to lead; nothing by default.
    package var standby = Standby.cold
    /// After so long without a word of the leader another relay leads; 100 ms or more, 2 s by default.
    package var lease = Duration.seconds(2)
    /// How many logs the topics are spread over, each with a leader of its own; 1 to 64, 1 by default.
    package var partitions = 1
    /// On how many servers each log is kept: 1, 3 or 5; 1 by default.
    package var replicas = 1
    /// Where they keep it; in files by default.
    package var storage = StreamConfiguration.Storage.file
    /// How many bytes of each log are kept; 256 MiB by default.
    package var historyBytes = 256 << 20
    /// How long they are kept; 10 minutes by default.
    package var historyAge = Duration.seconds(600)
    /// How long a leader waits for further events before it appends the first, up to 1 s; zero by default.
    ///
    /// What arrives while an append is on its way is appended together anyhow.
    package var linger = Duration.zero
    /// As whom to connect to the servers.
    package var credentials = NATSLinkConfiguration.Credentials.none
    /// A PEM file of authorities that are trusted besides the system's.
    package var authorityFile: String?
    /// The certificate to show to servers that ask for one.
    package var identity: TLSIdentity?

    package init(servers: [NATSServer], node: String) {
        self.servers = servers
        self.node = node
    }

    /// How the servers are connected to.
    package var link: NATSLinkConfiguration {
        var link = NATSLinkConfiguration(servers: servers)
        link.name = "fanout-relay \(node)"
        // All come back within half a lease of each other, so that nobody takes a leader for dead that is only late.
        link.backoff = Backoff(waits: .exponential(factor: min(.milliseconds(250), lease / 8), max: lease / 2))
        // A server that stands still is left after two to three of them, while its others choose a leader.
        link.pingInterval = max(.seconds(1), lease / 2)
        link.credentials = credentials
        link.authorityFile = authorityFile
        link.identity = identity
        return link
    }

    /// What is wrong with it, in a line; nil when nothing is.
    package var flaw: String? {
        guard StreamConfiguration.isName(name), name.utf8.count <= Self.longestName else {
            return "the group's name '\(name)' is not 1 to \(Self.longestName) letters, digits, - and _"
        }
        guard (1...255).contains(node.utf8.count) else { return "the node's name '\(node)' is not 1 to 255 bytes" }
        guard (.milliseconds(100) ... .seconds(60)).contains(lease) else {
            return "the lease \(lease) is not 100 ms to 60 s"
        }
        guard (1...64).contains(partitions) else { return "\(partitions) partitions are not 1 to 64" }
        guard (.zero ... .seconds(1)).contains(linger) else { return "the linger \(linger) is not 0 to 1 s" }
        return stream(0).flaw(largestMessage: Self.leastMessage)
    }

    /// The most bytes of a group's name.
    package static let longestName = 64
    /// Servers that take less than this can't have the log.
    static let leastMessage = 4096 + 128
}
