internal import Synchronization
internal import WebSockets

extension QueryRunner {
    /// Runs an operation and answers with its one result, which `form` may change; call it on the exchange's loop.
    ///
    /// An operation that may have several results is refused. When the client leaves, its query is cancelled.
    func run(
        _ operation: ExecutableOperation,
        _ mediaType: GraphQLMediaType,
        for exchange: HTTPExchange,
        on loop: EventLoop,
        form: @escaping @Sendable (HTTPResponse) -> HTTPResponse = { $0 }
    ) {
        guard !operation.isIncremental else {
            let message = "@defer and @stream have several results, which are served over WebSockets only"
            return exchange.respond(RelayFailure(.incrementalDelivery, message).response(mediaType))
        }
        let ticket = run(operation, from: ClientNetwork(of: exchange.peer)) { answer in
            loop.execute {
                // The place and the budget are free once the answer is sent.
                let held = answer.withoutContent
                exchange.respond(form(answer.response(mediaType))) { withExtendedLifetime(held) {} }
            }
        }
        exchange.whenClientLeaves { [statistics] in
            statistics.abandonedExecutions.add(1, ordering: .relaxed)
            ticket.cancel()
        }
    }
}
