internal import GraphQLTransport
internal import Logging
internal import Synchronization
internal import WebSockets

/// Closes clients for operators, on whichever shard they are.
final class ClientCloser: Sendable {
    private let shards = Mutex<[Shard]>([])
    private let statistics: Statistics
    private let logger: Logger

    init(_ statistics: Statistics, logger: Logger) {
        self.statistics = statistics
        self.logger = logger
    }

    /// Finds clients on these shards from now on; on none once the relay ends, since shards refer to this.
    func use(_ shards: [Shard]) { self.shards.withLock { $0 = shards } }

    /// Closes the client with a number, says who had it closed, and answers the request on its loop.
    func close(_ number: UInt32, for exchange: HTTPExchange, by subject: String?, on loop: EventLoop) {
        let shards = shards.withLock { $0 }
        Task(executorPreference: loop) { [statistics, logger] in
            for shard in shards {
                guard let client = await shard.close(number) else { continue }
                statistics.closedByOperators.add(1, ordering: .relaxed)
                let metadata = client.merging(["token": "\(subject ?? "without a subject")"]) { $1 }
                logger.notice("an operator closed a client", metadata: metadata)
                return exchange.respond(.text("client \(number) is being closed", status: 202))
            }
            exchange.respond(.text("there is no client \(number)", status: 404))
        }
    }
}

extension Shard {
    /// What closes a client takes nothing but its path.
    func takesNoBody(at path: String) -> Bool {
        if case .clientEnd = routes.route(at: path) { true } else { false }
    }

    /// Closes the client with a number; what the log tells of it, or nil when it isn't here.
    fileprivate func close(_ number: UInt32) -> Logger.Metadata? {
        let found = clients.first { $0.map { $0.socket.number == number && $0.socket.isOpen } ?? false }
        guard let client = found.flatMap(\.self) else { return nil }
        // Libraries of GraphQL clients don't come back by themselves after this code.
        client.socket.close(CloseCode.policyViolation.rawValue, "Closed by an operator")
        return client.metadata([
            "peer": "\(client.socket.peer)", "protocol": "\(client.dialect.spoken.rawValue)",
        ])
    }
}
