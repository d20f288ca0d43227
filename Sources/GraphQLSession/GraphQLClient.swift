internal import WebSockets

/// The way to a GraphQL server: where it is and how to keep a session with it.
public struct GraphQLClient: Sendable {
    /// The server's WebSocket.
    public var endpoint: Endpoint
    /// How sessions connect, keep alive and come back.
    public var configuration: SessionConfiguration

    /// Makes a client; nothing connects yet.
    public init(endpoint: Endpoint, configuration: SessionConfiguration = SessionConfiguration()) {
        self.endpoint = endpoint
        self.configuration = configuration
    }

    /// Opens a permanent session and waits for its first acknowledged link.
    ///
    /// The session has a thread of its own, until it is closed.
    ///
    /// - Throws: `SessionError` when the back-off gives up before a link came about.
    public func connect() async throws -> Session {
        let loop: EventLoop
        do {
            loop = try EventLoop(name: "graphql-session")
        } catch {
            throw SessionError.ended(.unreachable(reason: "\(error)"))
        }
        let session = Session(to: endpoint, configuration, on: loop, ownsLoop: true)
        await session.start()
        do {
            try await session.connected()
        } catch {
            await session.close()
            throw error
        }
        return session
    }
}
