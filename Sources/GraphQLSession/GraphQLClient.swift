public import Backoffs
internal import WebSockets

/// The way to a GraphQL server: where it is and how to keep a session with it.
///
/// ```swift
/// let client = GraphQLClient(endpoint: try Endpoint(parsing: url))
/// let session = try await client.connect(retryConnect: .exponential(max: .seconds(10)).limited(tries: 5))
/// ```
///
/// A value: it connects nothing by itself, and each ``connect(reconnecting:retryConnect:retryExecute:onEvent:)`` opens
/// a session of its own. One for the whole program is enough. A server that moves is given by a closure instead,
/// `GraphQLClient { try Endpoint(parsing: await registry.url) }`, which is asked at each connect.
public struct GraphQLClient: Sendable {
    /// Gives the server's WebSocket, asked for at each connect.
    ///
    /// Nil for sessions over HTTP only (``SessionConfiguration/httpEndpoint``). It may block, since it isn't called on
    /// the session's thread, and takes from the connect timeout. When it throws, the attempt to connect has failed like
    /// any other.
    public var endpoint: (@Sendable () async throws -> Endpoint)? {
        get { source?.closure }
        set { source = newValue.map(Credentials.Source.asked) }
    }
    /// How sessions connect, keep alive and come back.
    public var configuration: SessionConfiguration
    private var source: Credentials.Source?

    /// Makes a client of one URL; nil is for sessions over HTTP only (`SessionConfiguration.httpEndpoint`).
    ///
    /// Nothing connects yet.
    public init(endpoint: Endpoint?, configuration: SessionConfiguration = SessionConfiguration()) {
        source = endpoint.map(Credentials.Source.fixed)
        self.configuration = configuration
    }

    /// Makes a client that asks for the URL at each connect; nothing connects yet.
    public init(
        configuration: SessionConfiguration = SessionConfiguration(),
        endpoint: @escaping @Sendable () async throws -> Endpoint
    ) {
        source = .asked(endpoint)
        self.configuration = configuration
    }

    /// Opens a session and waits for its first acknowledged link; over HTTP only there is nothing to wait for.
    ///
    /// A server that is away is waited for as long as `retryConnect` says, which is for ever by default. The session
    /// has a thread of its own, until it is closed: let it go with ``PermanentSession/close()``.
    ///
    /// - Parameters:
    ///   - reconnecting: False for a session of one link and one try at everything, which ends with that link. The
    ///     default is true.
    ///   - retryConnect: When to connect anew, instead of what the configuration says; `.off` gives up at the first
    ///     attempt that fails. It holds for the first link and for each outage after it, with a fresh budget once a
    ///     link has stayed.
    ///   - retryExecute: When to try queries and mutations again, instead of what the configuration says.
    ///   - onEvent: Called with each change in the session's life, from the first attempt to connect on: what
    ///     ``PermanentSession/events`` gives, without waiting for the session. It is called on the session's thread, in
    ///     order, and must not block. Nil, the default, calls nobody.
    /// - Returns: A session whose first link is acknowledged.
    /// - Throws: A ``SessionError``, and the session is closed: ``SessionError/ended(_:)`` when the back-off gave up,
    ///   the server closed with a fatal code and ``SessionConfiguration/fatalPause`` is nil, or no thread could be had;
    ///   ``SessionError/waitedTooLong`` after ``SessionConfiguration/waitLimit``; ``SessionError/noWebSocket`` without
    ///   any endpoint. `CancellationError` with the task; the session is closed then, too.
    public func connect(
        reconnecting: Bool = true,
        retryConnect: Backoff? = nil,
        retryExecute: Backoff? = nil,
        onEvent: (@Sendable (SessionEvent) -> Void)? = nil
    ) async throws -> PermanentSession {
        var configuration = configuration
        if let retryConnect { configuration.retryConnect = retryConnect }
        if let retryExecute { configuration.retryExecute = retryExecute }
        if !reconnecting {
            configuration.reconnects = false
            configuration.retryExecute = .off
        }
        let hasOnlyHTTP = source == nil && configuration.httpEndpoint != nil
        let loop: EventLoop
        do {
            loop = try EventLoop(name: "graphql-session", closeTimeout: configuration.closeTimeout)
        } catch {
            throw SessionError.ended(.unreachable(reason: "\(error)"))
        }
        let session = PermanentSession(asking: source, configuration, on: loop, ownsLoop: true, observer: onEvent)
        if hasOnlyHTTP { return session }
        await session.start()
        do {
            try await session.connected()
        } catch {
            await session.close()
            throw error
        }
        return session
    }
    /// Opens a session for as long as `body` runs, and closes it when it returns or throws.
    ///
    /// ```swift
    /// let name = try await client.withSession { session in try await session.execute(query).text }
    /// ```
    ///
    /// A task that is cancelled has what `body` waits for on the session throw `CancellationError`; the session is
    /// closed when `body` has passed that on.
    ///
    /// - Parameters:
    ///   - reconnecting: As for ``connect(reconnecting:retryConnect:retryExecute:onEvent:)``, like the next three.
    ///   - retryConnect: When to connect anew.
    ///   - retryExecute: When to try queries and mutations again.
    ///   - onEvent: Called with each change in the session's life, the closing at the end among them.
    ///   - body: Uses the session, on the caller's actor. What it keeps of the session is closed afterwards.
    /// - Returns: What `body` returns.
    /// - Throws: As `connect` does; what `body` throws.
    nonisolated(nonsending) public func withSession<Result>(
        reconnecting: Bool = true,
        retryConnect: Backoff? = nil,
        retryExecute: Backoff? = nil,
        onEvent: (@Sendable (SessionEvent) -> Void)? = nil,
        _ body: nonisolated(nonsending) (PermanentSession) async throws -> Result
    ) async throws -> Result {
        let session = try await connect(
            reconnecting: reconnecting,
            retryConnect: retryConnect,
            retryExecute: retryExecute,
            onEvent: onEvent
        )
        do {
            let result = try await body(session)
            await session.close()
            return result
        } catch {
            await session.close()
            throw error
        }
    }
}
