internal import Fanout
internal import GraphQLTransport
internal import Synchronization
internal import WebSockets
internal import Wire

/// A reader of server-sent events: of a topic, or of one GraphQL operation.
final class EventStreamDialect: ClientDialect, Sendable {
    private static let ofTopics = EventStreamDialect(.eventStream)
    private static let ofOperations = EventStreamDialect(.graphQLStream)

    let spoken: ClientProtocol

    private init(_ spoken: ClientProtocol) { self.spoken = spoken }

    /// How long a browser waits before it reconnects, in milliseconds; random, so that not all come back at once.
    private static let retry = 1000...3000

    /// Answers a request with a stream, or with the reason why there is none.
    static func open(_ request: EventStreamRequest, for exchange: HTTPExchange, on shard: isolated Shard) {
        guard !shard.isDraining else {
            return exchange.respond(RelayFailure(.shuttingDown, "the relay is shutting down").response())
        }
        let grant = request.grant
        switch request.target {
        case .topic(let topic):
            guard let slot = shard.demand.slot(of: topic) else {
                return exchange.respond(.text("not found", status: 404))
            }
            open(for: exchange, grant, on: shard) { _ in slot }
        case .document(let operation):
            open(for: exchange, grant, on: shard) { $0.join(operation, from: exchange.peer) }
        case .subscription(let request): subscribe(request, for: exchange, grant, on: shard)
        }
    }

    /// Opens a stream of a topic's path.
    ///
    /// - Parameter slot: The topic's slot, asked for when nothing is in the way any more.
    private static func open(
        for exchange: HTTPExchange,
        _ grant: Grant,
        on shard: isolated Shard,
        _ slot: (isolated Shard) -> Slot
    ) {
        let request = exchange.request
        let parameters: TopicParameters
        do {
            parameters = try TopicParameters(request.parameter, lastEventID: request.lastEventID)
        } catch {
            return exchange.respond(.text(error.allowed, status: 400))
        }
        guard request.method == .get else {
            return exchange.respond(HTTPResponse(contentType: GraphQLEvents.contentType))
        }
        guard let client = begin(ofTopics, exchange, grant, on: shard) else { return }
        shard.listen(
            client,
            to: slot(shard),
            as: parameters.format == .event ? .eventStream : .payloadStream,
            from: parameters.startPosition,
            parameters.lagAction
        )
    }

    /// GraphQL over SSE, distinct connections mode: a stream for one operation.
    private static func subscribe(
        _ request: GraphQLRequest,
        for exchange: HTTPExchange,
        _ grant: Grant,
        on shard: isolated Shard
    ) {
        guard exchange.request.method != .head else {
            return exchange.respond(HTTPResponse(contentType: GraphQLEvents.contentType))
        }
        let slot: Slot
        switch shard.find(request, from: exchange.peer, with: grant) {
        case .success(let found): slot = found
        case .failure(let refusal):
            return exchange.respond(GraphQLEvents.response(errors: refusal.errors))
        }
        if let errors = shard.topics[slot].errors { return exchange.respond(GraphQLEvents.response(errors: errors)) }
        guard let client = begin(ofOperations, exchange, grant, on: shard) else { return }
        let cursor = shard.topics[slot].startCursor
        let subscriber = Subscriber(
            owner: client,
            in: slot,
            encoding: .graphQLStream,
            id: "",
            prefix: [],
            cursor: cursor
        )
        shard.topics[slot].begin(subscriber, at: cursor)
        shard.add(subscriber)
    }

    /// Begins the stream; nil when it can't, and the request has been answered.
    private static func begin(
        _ dialect: EventStreamDialect,
        _ exchange: HTTPExchange,
        _ grant: Grant,
        on shard: isolated Shard
    ) -> Client? {
        guard shard.door.hasRoom(for: grant) else {
            exchange.respond(SubjectLedger.response)
            return nil
        }
        let timeout = shard.admission.pingInterval + shard.admission.pongTimeout
        guard let socket = exchange.stream(GraphQLEvents.contentType, timeout: timeout) else {
            exchange.respond(RelayFailure(.tooManyRequests, "no descriptor is left for the stream").response())
            return nil
        }
        let deadline = EventLoop.now + shard.admission.pingInterval
        let client = Client(socket: socket, dialect: dialect, watch: .idle, deadline: deadline)
        shard.join(client, at: exchange.path)
        client.limit(to: grant, on: shard)
        shard.statistics.streams.add(1, ordering: .relaxed)
        socket.send(event: Array("retry: \(Int.random(in: retry))\n\n".utf8))
        return client
    }

    /// Ends the stream of a GraphQL operation or of an allowed document, after the events that it has got.
    ///
    /// A browser's `EventSource` comes back by itself.
    func ended(
        _ subscriber: Subscriber,
        _ reason: Subscriber.Ending.Reason,
        of client: Client,
        on shard: isolated Shard
    ) {
        let isOperation = subscriber.encoding.isOperation
        if case .failed(let errors) = reason {
            let writer = shard.topics[subscriber.slot].writer
            client.socket.send(event: isOperation ? GraphQLEvents.next(errors: errors) : writer.streamError(errors))
        }
        if isOperation { client.socket.send(event: GraphQLEvents.complete) }
        client.socket.close(CloseCode.normalClosure.rawValue, "the operation has ended")
    }
}
