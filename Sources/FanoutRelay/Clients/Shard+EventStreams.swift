internal import Fanout
internal import GraphQLTransport
internal import Synchronization
internal import WebSockets

/// Clients that read server-sent events.
extension Shard {
    /// How long a browser waits before it comes back, in milliseconds; spread, so that not all come at once.
    private static let retry = 1000...3000

    /// Answers a request with a stream, or with why there is none.
    func open(_ request: EventStreamRequest, for exchange: HTTPExchange) {
        guard !isDraining else {
            return exchange.respond(RelayFailure(.shuttingDown, "the relay is shutting down").response())
        }
        switch request {
        case .topic(let name):
            guard let topic = configuredTopic(named: name) else { return }
            open(topic, for: exchange)
        case .subscription(let request):
            subscribe(request, for: exchange)
        }
    }

    private func open(_ topic: Int, for exchange: HTTPExchange) {
        let request = exchange.request
        let encoding: Encoding
        switch request.parameter("format") {
        case nil, "event"?: encoding = .eventStream
        case "payload"?: encoding = .payloadStream
        case let format?:
            return exchange.respond(.text("format is event or payload, not \(format.prefix(100))", status: 400))
        }
        let startPosition: StartPosition
        let lagAction: TopicDefinition.LagAction?
        do {
            startPosition = try StartPosition(request)
            lagAction = try TopicDefinition.LagAction(asked: request.parameter("lag"))
        } catch {
            return exchange.respond(.text(error.allowed, status: 400))
        }
        guard request.method == .get else {
            return exchange.respond(HTTPResponse(contentType: GraphQLEvents.contentType))
        }
        guard let client = stream(exchange) else { return }
        let (cursor, gap) = topics[topic].cursor(for: startPosition)
        let writer = topics[topic].writer
        // Who leaves before the first event comes back to this place.
        var greeting = writer.streamPosition(topics[topic].backlog.sequence(before: cursor))
        greeting += writer.streamStatus(topics[topic].status)
        if let gap {
            greeting += writer.streamGap(after: gap.after, reason: gap.reason)
            statistics.unresumed.add(1, ordering: .relaxed)
        }
        if let errors = topics[topic].errors { greeting += writer.streamError(errors) }
        client.socket.send(event: greeting)
        listen(client, to: topic, as: encoding, from: cursor, lagAction)
    }

    /// GraphQL over SSE, distinct connections mode: a stream for one operation.
    private func subscribe(_ request: GraphQLRequest, for exchange: HTTPExchange) {
        guard exchange.request.method != .head else {
            return exchange.respond(HTTPResponse(contentType: GraphQLEvents.contentType))
        }
        let topic: Int
        switch find(request, from: exchange.peer) {
        case .success(let found): topic = found
        case .failure(let refusal):
            return exchange.respond(GraphQLEvents.response(errors: MessageWriter.errors(message: refusal.description)))
        }
        if let errors = topics[topic].errors { return exchange.respond(GraphQLEvents.response(errors: errors)) }
        guard let client = stream(exchange) else { return }
        let cursor = topics[topic].startCursor
        let subscriber = Subscriber(
            owner: client,
            topic: topic,
            encoding: .graphQLStream,
            id: "",
            prefix: [],
            cursor: cursor
        )
        topics[topic].begin(subscriber, at: cursor)
        add(subscriber)
    }

    /// Begins the stream; nil, and answered, when it can't.
    private func stream(_ exchange: HTTPExchange) -> Client? {
        let timeout = admission.pingInterval + admission.pongTimeout
        guard let socket = exchange.stream(GraphQLEvents.contentType, timeout: timeout) else {
            exchange.respond(RelayFailure(.tooManyRequests, "no descriptor is left for the stream").response())
            return nil
        }
        let deadline = EventLoop.now + admission.pingInterval
        let client = Client(socket: socket, dialect: .plain, watch: .idle, deadline: deadline)
        join(client)
        statistics.streams.add(1, ordering: .relaxed)
        socket.send(event: Array("retry: \(Int.random(in: Self.retry))\n\n".utf8))
        return client
    }

    /// Ends a GraphQL operation's stream after what it got.
    func end(_ client: Client, _ reason: Subscriber.Ending.Reason) {
        if case .failed(let errors) = reason { client.socket.send(event: GraphQLEvents.next(errors: errors)) }
        client.socket.send(event: GraphQLEvents.complete)
        client.socket.close(CloseCode.normalClosure.rawValue, "the operation has ended")
    }
}

extension StartPosition {
    /// Reads `Last-Event-ID`, else the query parameters: a browser that comes back has the address that it had first.
    fileprivate init(_ request: HTTPRequest) throws(StartPositionError) {
        if let id = request.lastEventID {
            self = .after(ResumeToken(id) ?? .unknown)
        } else {
            try self.init(after: request.parameter("after"), last: request.parameter("last"))
        }
    }
}
