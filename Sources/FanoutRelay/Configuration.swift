public import AllowedDocuments
public import Backoffs
public import Fanout
public import GraphQLSession
package import Wire

/// Everything that a relay has to know before it starts.
public struct Configuration: Sendable {
    /// The GraphQL server.
    public var upstream: Endpoint
    /// How the session with it is kept.
    public var session = SessionConfiguration()
    /// When a topic's operation is restarted after an interruption; without limit by default.
    public var retrySubscribe = Backoff(waits: .exponential(factor: .milliseconds(250), max: .seconds(30)))
    /// How long a topic's refetch may take, retries included, before the topic goes on without its result; 15 s by
    /// default.
    public var refetchTimeout = Duration.seconds(15)
    /// The topics that are offered; at least one unless client topics are allowed, and their names differ.
    public var topics: [TopicDefinition]
    /// Queries that every client may run, with different names; none by default.
    public var namedQueries: [NamedQuery] = []
    /// Operations that clients may bring, with rules for their variables; none by default.
    ///
    /// Their names differ, also from those of topics and named queries.
    public var documents: [AllowedDocument] = []
    /// Whether every client may run queries and mutations of its own, with the relay's credentials; false by default.
    public var allowsExecution = false
    /// The most queries and mutations of clients that run, or have answers that aren't sent, at a time; 100 by default.
    ///
    /// The last tenth is reserved for client addresses, or /64s of IPv6, that have none.
    public var maximumExecutions = 100
    /// The most queries and mutations that wait while `maximumExecutions` run; 100 by default, 0 for none.
    ///
    /// The last tenth is reserved for client addresses that have none waiting.
    public var maximumWaitingExecutions = 100
    /// How long a query or mutation waits for its turn before it is refused; 5 s by default.
    public var executionWait = Duration.seconds(5)
    /// How many bytes of answers may wait for clients to read them.
    public var answers = AnswerLimits()
    /// Which topics start on demand, and whether clients' subscriptions become topics.
    public var demand = DemandPolicy()
    /// Where to listen, at least one address; port 8080 on loopback by default.
    public var listeners = [ListenerConfiguration(.port(host: "127.0.0.1", port: 8080))]
    /// Where operators come to; none by default, and `listeners` then serve what is for operators too.
    ///
    /// An address that others than this machine can reach needs tokens, and so does each where proxies are trusted.
    public var operatorListeners: [ListenerConfiguration] = []
    /// Proxies that may name the client whom they pass on; none by default.
    package var trustedProxies: [AddressRange] = []
    /// The fields of their requests by which these proxies, and peers of Unix sockets, name it; none by default.
    ///
    /// Only where clients don't speak TLS with the relay.
    package var forwardedFields = ForwardedFields.none
    /// The certificate and key, with which clients of TCP ports must speak TLS, unless a listener says otherwise; nil,
    /// the default, serves plaintext.
    public var tls: TLSFiles?
    /// How many shards, each with a loop of its own, serve clients; 1 to 256.
    public var shards: Int
    /// Who may connect, and the limits for each client.
    public var admission = Admission()
    /// Who may enter, and what they may have; everybody and everything by default.
    package var authorizer = Authorizer()
    /// Where keys that verify tokens are fetched; nil, the default, for nowhere.
    package var keySet: KeySetLocation?
    /// Who is asked about credentials that aren't known here, which `authorizer` then says; nil, the default, for
    /// nobody.
    package var hook: HookLocation?
    /// How far a client may fall behind.
    public var lag = LagPolicy()
    /// How long an event may wait for others, so that one call sends them together; up to 1 s, zero by default.
    ///
    /// Bursts need no waiting: events that arrive during a sweep are sent together by the next one anyway.
    public var flushInterval = Duration.zero
    /// The size of each client's send buffer in the kernel (SO_SNDBUF), in bytes.
    ///
    /// 64 KiB by default.
    public var sendBuffer = 64 * 1024

    /// How many bytes of memory the process may have, at least 32 MiB; nil, the default, means three quarters of what
    /// the machine has, or of the limit of the process's control group.
    ///
    /// From 90 % on new clients are refused with 503, from 95 % on histories are cut and the clients that lag the most
    /// are closed with 1013.
    public var maximumMemory: Int?

    /// The limit of memory that applies, in bytes.
    public var memoryLimit: Int { maximumMemory ?? ProcessMemory.available / 4 * 3 }

    /// The largest message that is accepted from a client, in bytes; see `Admission.maximumMessageSize`.
    public var largestClientMessage: Int { admission.messageSize(allowsExecution: allowsExecution) }

    /// The group that the relay is one of; nil, the default, for a relay by itself.
    package var cluster: ClusterConfiguration?

    /// How long a query or mutation may run; 15 s.
    package var queryTimeout = Duration.seconds(15)

    /// How many lines of the log were dropped so far, for the metrics; nil where none can be.
    package var droppedLogLines: (@Sendable () -> Int)?

    /// The version of the program, for the metrics; nil when it has none.
    package var version: String?

    /// Makes a configuration with the defaults, and a session that has ``SessionConfiguration/asksForTokens``.
    public init(upstream: Endpoint, topics: [TopicDefinition], shards: Int) {
        session.asksForTokens = true
        self.upstream = upstream
        self.topics = topics
        self.shards = shards
    }
}

extension Configuration {
    /// Whether a name or address is that of this machine, whatever its resolver says.
    package static func isLoopback(_ host: String) -> Bool { OwnAddress(listenHost: host).isLoopback }

    /// Whether clients may have queries run: their own, the operator's named ones, or allowed documents.
    var runsQueries: Bool {
        allowsExecution || !namedQueries.isEmpty || documents.contains { $0.kind != .subscription }
    }

    /// The paths of the claims that have to be kept of a token.
    package var boundClaims: [String] { Array(Set(documents.flatMap(\.claims))).sorted() }

    var queryLimits: QueryRunner.Limits {
        QueryRunner.Limits(
            running: maximumExecutions,
            waiting: maximumWaitingExecutions,
            wait: executionWait,
            timeout: queryTimeout
        )
    }
}

/// A configuration that can't be served.
public struct ConfigurationError: Error, Hashable, CustomStringConvertible {
    /// One line that names the setting, its value and what is allowed.
    public let description: String
}
