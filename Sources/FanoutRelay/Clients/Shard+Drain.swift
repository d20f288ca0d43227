internal import GraphQLTransport
internal import WebSockets

/// Going away.
extension Shard {
    /// How often a client is looked at whose time is over and whose answer isn't out.
    private static let answerGrain = Duration.milliseconds(100)

    /// Lets nobody in any more, and sends the clients away with 1001 at random moments within `window`.
    ///
    /// Early enough to answer: the last quarter of the window, or second, is for that. Who awaits an answer to a query or
    /// mutation stays until it is out, for `time` at most.
    func drain(over window: Duration, until time: Duration) {
        drainEnd = EventLoop.now + time
        sweepPending()
        let spread = window - min(window / 4, .seconds(1))
        for client in clients.compactMap(\.self) {
            watch(client, .drain, for: spread * Double.random(in: 0...1))
        }
    }

    /// A client's moment to leave has come: it is sent away, unless it awaits an answer.
    func sendAway(_ client: Client) {
        if let drainEnd, EventLoop.now < drainEnd, client.dialect.awaitsAnswer {
            return watch(client, .drain, for: Self.answerGrain)
        }
        client.socket.close(CloseCode.goingAway.rawValue, CloseCode.goingAway.defaultReason)
    }

    /// How many clients haven't left.
    var clientCount: Int { clients.count { $0 != nil } }
}
