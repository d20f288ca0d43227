public import Backoffs
public import Fanout
public import GraphQLSession

/// Everything that a relay is told before it starts.
public struct Configuration: Sendable {
    /// The GraphQL server.
    public var upstream: Endpoint
    /// How the session with it is kept.
    public var session = SessionConfiguration()
    /// When a topic's operation is started anew after an interruption; without limit by default.
    public var retrySubscribe = Backoff(waits: .exponential(factor: .milliseconds(250), max: .seconds(30)))
    /// How long a topic's refetch may take, its retries included, before the topic goes on without it; 15 s by default.
    public var refetchTimeout = Duration.seconds(15)
    /// What is offered; at least one topic, with different names.
    public var topics: [TopicDefinition]
    /// Queries that every client may run, with different names; none by default.
    public var namedQueries: [NamedQuery] = []
    /// Whether every client may run queries and mutations of its own, with the relay's credentials; false by default.
    public var allowsExecution = false
    /// Most queries and mutations of clients that run, or have answers that aren't out, at a time; 100 by default.
    ///
    /// The last tenth is kept for addresses, or /64s of IPv6, that have none.
    public var maximumExecutions = 100
    /// Most of them that wait for a place when all are taken; 100 by default, 0 for none.
    ///
    /// The last tenth is kept for addresses that have none waiting.
    public var maximumWaitingExecutions = 100
    /// How long one waits for a place before it is refused; 5 s by default.
    public var executionWait = Duration.seconds(5)
    /// How much of their results may wait to be read.
    public var answers = AnswerLimits()
    /// Which topics start on demand.
    public var demand = DemandPolicy()
    /// The address to listen on; loopback by default.
    public var host = "127.0.0.1"
    /// The port to listen on; 0 takes a free one.
    ///
    /// 8080 by default.
    public var port: UInt16 = 8080
    /// What the relay proves its name with to clients, all of which speak TLS then; nil serves plaintext, the default.
    public var tls: TLSFiles?
    /// How many loops serve clients; 1 to 256.
    public var shards: Int
    /// Who may come in.
    public var admission = Admission()
    /// How far a client may fall behind.
    public var lag = LagPolicy()
    /// How long an event may wait for others that go out with it in one call, up to 1 s; zero by default.
    ///
    /// Bursts need no waiting: what arrives while clients are written to goes out together anyway.
    public var flushInterval = Duration.zero
    /// SO_SNDBUF of each client in bytes: what the kernel may hold for it.
    ///
    /// 64 KiB by default.
    public var sendBuffer = 64 * 1024

    /// The largest message that is taken from a client, in bytes; see `Admission.maximumMessageSize`.
    public var largestClientMessage: Int { admission.messageSize(allowsExecution: allowsExecution) }

    /// How long a query or mutation may run; 15 s.
    package var queryTimeout = Duration.seconds(15)

    /// Lines of the log that were dropped so far, for the metrics; nil where that can't be.
    package var droppedLogLines: (@Sendable () -> Int)?

    /// Makes a configuration with the defaults.
    public init(upstream: Endpoint, topics: [TopicDefinition], shards: Int) {
        self.upstream = upstream
        self.topics = topics
        self.shards = shards
    }
}

extension Configuration {
    /// Whether clients may have queries run, of their own or the operator's.
    var runsQueries: Bool { allowsExecution || !namedQueries.isEmpty }

    var queryLimits: QueryRunner.Limits {
        QueryRunner.Limits(
            running: maximumExecutions,
            waiting: maximumWaitingExecutions,
            wait: executionWait,
            timeout: queryTimeout
        )
    }
}

/// A configuration that can't be.
public struct ConfigurationError: Error, Hashable, CustomStringConvertible {
    /// One line that names the setting, its value and what is allowed.
    public let description: String
}
