public import Backoffs
public import GraphQLTransport
package import WebSockets

#if Logging
public import Logging
#endif

/// How a session connects, keeps its link alive, and comes back.
///
/// ```swift
/// var configuration = SessionConfiguration()
/// configuration.headers = { [(name: "Authorization", value: "Bearer \(try await readToken())")] }
/// configuration.waitLimit = .seconds(5)
/// ```
///
/// Everything has a default, which its property names. A session takes a copy when it connects; later changes are for
/// the next one. A time of zero or less is over at once.
///
/// The closures for endpoints, headers and the init payload run one at a time, on a thread that the session has for
/// them, so that they may block or take their time: within the connect timeout at each connect, within the execute
/// timeout at each try over HTTP. What they throw fails that attempt or try, and so does one that doesn't return in
/// time; until it does, no other is called, and one that nobody waits for any more is never called. The closures of a
/// back-off run on the session's own thread, and must not block.
public struct SessionConfiguration: Sendable {
    /// How a silent link is probed.
    public enum Probe: String, Sendable, CaseIterable {
        /// A ping frame of WebSocket (RFC 6455, section 5.5.2); every server answers it, but a proxy may do so for it.
        case webSocket = "websocket"
        /// The `ping` message of graphql-transport-ws, which only the server itself can answer.
        case graphQL = "graphql"
    }

    /// Headers of the handshake, and of requests over HTTP, asked for at each, so that a token can be fresh.
    ///
    /// None by default. Requests that wait at the same time share one answer.
    public var headers: @Sendable () async throws -> [(name: String, value: String)] {
        get { givenHeaders ?? { [] } }
        set { givenHeaders = newValue }
    }
    /// The payload of `connection_init`, a JSON object as UTF-8 text, asked for at each connect; nil sends none.
    ///
    /// None by default.
    public var initPayload: @Sendable () async throws -> String? {
        get { givenInitPayload ?? { nil } }
        set { givenInitPayload = newValue }
    }
    /// Whether the server is asked to number the events of subscriptions, as a fanout-relay can; false by default.
    ///
    /// `connection_init` then has a member `relay` in its payload, which other servers ignore. Behind a relay that
    /// confirms it, ``PermanentSession/subscribe(_:resuming:)`` goes on after an interruption where it ended.
    public var asksForTokens = false
    /// The subprotocols to offer, at least one, in this order; the server chooses.
    ///
    /// A server that names none speaks the one that was offered; of both, the legacy `graphql-ws`. By default both are,
    /// the legacy one last.
    public var subprotocols: [Subprotocol] = [.transport, .legacy]
    /// When to connect anew after a failure; the budget is fresh for each link that stayed for ``stableAfter``.
    ///
    /// Without limit by default: 1 s, 2 s, 4 s … 60 s, each with full jitter. The loss of a link that stayed is no
    /// failed try: the first of the waits follows, and `.off`, which makes one attempt at first, makes one at once. A
    /// link that is lost sooner is a failed try like one that never came up: the waits go on growing, the tries are
    /// spent, and `.off` ends the session. A server that refuses the upgrade and says `Retry-After` is left alone for
    /// that long at least, up to an hour and a tenth, unless the back-off is `hinted` itself.
    public var retryConnect = Backoff(waits: .exponential(max: .seconds(60)))
    /// Gives the URL, `http` or `https`, that queries and mutations are sent to, asked for anew for each try.
    ///
    /// Nil, the default, sends them over the link. A fixed URL is
    /// `{ "https://example.com/graphql" }`. Requests bring the `headers` along, asked for anew for each try. Redirects
    /// aren't followed.
    public var httpEndpoint: (@Sendable () async throws -> String)?
    /// When a query or mutation is tried again; never after an answer of the server, with errors or without.
    ///
    /// By default five tries in all, after 1 s, 2 s, 4 s and 8 s, each with full jitter, or after the time that the
    /// server asks for.
    public var retryExecute = Backoff(waits: .exponential(max: .seconds(60)), maxTries: 5).hinted()
    /// How long the answer to a query or mutation may take, once it is sent; nil waits for ever.
    ///
    /// 10 s by default.
    public var executeTimeout: Duration? = .seconds(10)
    /// How long a link must stay after its acknowledgement to be a good one; 10 s by default.
    ///
    /// Its loss then begins a fresh budget of ``retryConnect``. Zero takes every acknowledgement for good, so that a
    /// server that acknowledges and closes is dialled without growing waits.
    public var stableAfter = Duration.seconds(10)
    /// Which close codes are fatal: a ``fatalPause`` follows them instead of the back-off's wait.
    ///
    /// See <doc:CloseCodes>. When 4401 or 4403 ends a link that had stayed for ``stableAfter``, one attempt with fresh
    /// credentials is made at once before that.
    public var closeCodes = CloseCodePolicy()
    /// After a fatal close code, the pause before the next attempt, which counts as a try; nil ends the session.
    ///
    /// 60 s by default.
    public var fatalPause: Duration? = .seconds(60)
    /// How long resolving, connecting, TLS and the upgrade may take together; 10 s by default.
    public var connectTimeout = Duration.seconds(10)
    /// How long the server may take to acknowledge; 10 s by default.
    public var acknowledgementTimeout = Duration.seconds(10)
    /// How long a link may be silent before it is probed; nil never probes.
    ///
    /// 15 s by default.
    public var pingInterval: Duration? = .seconds(15)
    /// How long a probed link may go on being silent before it counts as lost; 10 s by default.
    public var pongTimeout = Duration.seconds(10)
    /// How long the server may take to answer a close before the connection is cut; 10 s by default.
    ///
    /// The session doesn't wait for it: calls fail and the next link is dialled meanwhile.
    public var closeTimeout = Duration.seconds(10)
    /// How a silent link is probed; a legacy link always by ping frames.
    public var probe = Probe.webSocket
    /// How long a legacy link may go without a message once its server has sent a `ka`.
    ///
    /// Then it counts as lost. Nil, the default, sets no limit: silence is probed like that of any other link.
    public var keepAliveTimeout: Duration?
    /// The largest message taken, in bytes; a larger one ends its operation with ``SessionError/tooLarge(limit:)``.
    ///
    /// It is skipped as it comes, and the link stays. One of more than 16 times as much closes the link with 1009.
    ///
    /// 16 MiB by default.
    public var maximumMessageSize = 16 << 20
    /// Payload bytes that wait for a slow reader of one subscription; what is over drops the oldest.
    ///
    /// 16 MiB by default.
    public var subscriptionBuffer = 16 << 20
    /// How long a call may wait for a link; nil, the default, waits as long as the session tries.
    public var waitLimit: Duration?
    /// A PEM file of the authorities to trust for `wss` and `https`, instead of the system's.
    public var authorityFile: String?
    /// The certificate by which `wss` and `https` servers know this client; nil, the default, shows none.
    public var clientIdentity: ClientIdentity?
    /// Whether proxies are taken from the environment, by curl's rules; true by default.
    ///
    /// For `wss` and `https` that is `https_proxy`, for `ws` and `http` it is `http_proxy`, then `all_proxy` for each,
    /// and `no_proxy` names the hosts that are called directly. Served are proxies of `http://`, `socks4://`,
    /// `socks4a://`, `socks5://` and `socks5h://`; one of `https://` is an error at each attempt. The proxy resolves
    /// the server's name, but for `socks4://` and `socks5://`.
    public var usesProxies: Bool {
        get { !proxies.isNone }
        set { proxies = newValue ? ProxyEnvironment() : .none }
    }
    #if Logging
    /// Gets a line for each change in the life of a session; nil, the default, logs nothing.
    ///
    /// Called on the session's thread: a handler that blocks holds up the session. Only with the package's trait
    /// `Logging`.
    public var logger: Logger?
    #endif
    private(set) var givenHeaders: (@Sendable () async throws -> [(name: String, value: String)])?
    private(set) var givenInitPayload: (@Sendable () async throws -> String?)?
    /// What the closures are called where one is said not to return.
    package var headersName = "the headers closure"
    package var initPayloadName = "the initPayload closure"
    /// False for a session that ends with its first link, or without one.
    var reconnects = true
    /// How long a server may take to complete a query or mutation whose result it sent, before it is told to.
    var completionTimeout = Duration.seconds(2)
    /// Where proxies are looked up.
    package var proxies = ProxyEnvironment()

    /// The defaults.
    public init() {}
}
