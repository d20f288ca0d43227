internal import Fanout
internal import GraphQLTransport
internal import Synchronization
internal import WebSockets
internal import Wire

/// A reader of server-sent events: of a topic, or of one GraphQL operation.
final class EventStreamDialect: ClientDialect, Sendable {
    private static let shared = EventStreamDialect()

    /// How long a browser waits before it reconnects, in milliseconds; random, so that not all come back at once.
    private static let retry = 1000...3000

    /// Answers a request with a stream, or with the reason why there is none.
    static func open(_ request: EventStreamRequest, for exchange: HTTPExchange, on shard: isolated Shard) {
        guard !shard.isDraining else {
            return exchange.respond(RelayFailure(.shuttingDown, "the relay is shutting down").response())
        }
        let grant = request.grant
        switch request.target {
        case .topic(let slot): open(slot, for: exchange, grant, on: shard)
        case .subscription(let request): subscribe(request, for: exchange, grant, on: shard)
        }
    }

    private static func open(_ slot: Slot, for exchange: HTTPExchange, _ grant: Grant, on shard: isolated Shard) {
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
        guard let client = begin(exchange, grant, on: shard) else { return }
        let topic = shard.topics[slot]
        let (cursor, gap) = topic.cursor(for: parameters.startPosition)
        // A client that leaves before the first event resumes from this position.
        var greeting = topic.writer.streamPosition(topic.backlog.sequence(before: cursor))
        greeting += topic.writer.streamStatus(topic.status)
        if let gap {
            greeting += topic.writer.streamGap(after: gap.after, reason: gap.reason)
            shard.statistics.unresumed.add(1, ordering: .relaxed)
        }
        if let errors = topic.errors { greeting += topic.writer.streamError(errors) }
        client.socket.send(event: greeting)
        shard.listen(
            client,
            to: slot,
            as: parameters.format == .event ? .eventStream : .payloadStream,
            from: cursor,
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
        guard let client = begin(exchange, grant, on: shard) else { return }
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
    private static func begin(_ exchange: HTTPExchange, _ grant: Grant, on shard: isolated Shard) -> Client? {
        guard shard.hasRoom(for: grant) else {
            var answer = HTTPResponse.text(Shard.subjectRefusal, status: 429)
            answer.headers.append(HTTPField(name: "Retry-After", value: "5"))
            exchange.respond(answer)
            return nil
        }
        let timeout = shard.admission.pingInterval + shard.admission.pongTimeout
        guard let socket = exchange.stream(GraphQLEvents.contentType, timeout: timeout) else {
            exchange.respond(RelayFailure(.tooManyRequests, "no descriptor is left for the stream").response())
            return nil
        }
        let deadline = EventLoop.now + shard.admission.pingInterval
        let client = Client(socket: socket, dialect: shared, watch: .idle, deadline: deadline)
        shard.join(client)
        shard.limit(client, to: grant)
        shard.statistics.streams.add(1, ordering: .relaxed)
        socket.send(event: Array("retry: \(Int.random(in: retry))\n\n".utf8))
        return client
    }

    /// Ends the stream of a GraphQL operation, after the events that it has got.
    func ended(
        _ subscriber: Subscriber,
        _ reason: Subscriber.Ending.Reason,
        of client: Client,
        on shard: isolated Shard
    ) {
        if case .failed(let errors) = reason { client.socket.send(event: GraphQLEvents.next(errors: errors)) }
        client.socket.send(event: GraphQLEvents.complete)
        client.socket.close(CloseCode.normalClosure.rawValue, "the operation has ended")
    }
}
