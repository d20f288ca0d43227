internal import GraphQLTransport
internal import WebSockets

/// The drain of a shard's clients.
extension Shard {
    /// After how many seconds a client should come back; random, so that not all do at once.
    private static let absence = 1...5

    /// The window of which so much is left for sending clients away.
    static func drainWindow(spreading time: Duration) -> Duration { time + min(time / 3, .seconds(1)) }

    /// How often a client is looked at that is due to leave but still awaits an answer.
    private static let answerGrain = Duration.milliseconds(100)

    /// Accepts no more clients, and closes those that are here with 1001, each at a random moment within `window`.
    ///
    /// The last quarter of the window, at most a second, is left for their close frames. A client that awaits an answer
    /// to a query or mutation stays until it is sent, for `time` at most.
    func drain(over window: Duration, until time: Duration) {
        drainEnd = EventLoop.now + time
        sweepPending()
        let spread = window - min(window / 4, .seconds(1))
        for client in clients.compactMap(\.self) {
            client.watch(.drain, for: spread * Double.random(in: 0...1), on: self)
        }
    }

    /// Closes a client, unless it awaits an answer.
    func sendAway(_ client: Client) {
        if let drainEnd, EventLoop.now < drainEnd, client.dialect.awaitsAnswer {
            return client.watch(.drain, for: Self.answerGrain, on: self)
        }
        let absence = Int.random(in: Self.absence)
        // The time to reconnect of a browser's EventSource (HTML, section 9.2.6).
        if client.socket.isStream { client.socket.send(event: Array("retry: \(absence)000\n\n".utf8)) }
        client.socket.close(CloseCode.goingAway.rawValue, "Going away: come back in \(absence) s")
    }

    /// How many clients are still here.
    var clientCount: Int { clients.count { $0 != nil } }
}
