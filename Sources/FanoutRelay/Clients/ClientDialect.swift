internal import Fanout
internal import GraphQLTransport
internal import WebSockets

/// The protocol that one kind of client speaks, except for the delivery of events, which bypasses it.
///
/// Everything happens on the shard's loop.
protocol ClientDialect: AnyObject {
    /// What is spoken.
    var spoken: ClientProtocol { get }

    /// Handles a message of the client.
    func received(_ message: Span<UInt8>, isText: Bool, from client: Client, on shard: isolated Shard)

    /// Handles a client that hasn't sent its first message in time.
    func initialisationTimedOut(_ client: Client, on shard: isolated Shard)

    /// Goes on sending: the socket has room again.
    func writable(_ client: Client, on shard: isolated Shard)

    /// Sends the protocol's own keep-alive, if it has one, when the client is pinged.
    func keepAlive(_ client: Client)

    /// Ends an operation that the upstream ended; the subscriber has been removed.
    func ended(
        _ subscriber: Subscriber,
        _ reason: Subscriber.Ending.Reason,
        of client: Client,
        on shard: isolated Shard
    )

    /// True while the client awaits an answer, for which a drain lets it stay.
    var awaitsAnswer: Bool { get }

    /// Cleans up after a client that has left.
    func left(on shard: isolated Shard)
}

extension ClientDialect {
    func received(_ message: Span<UInt8>, isText: Bool, from client: Client, on shard: isolated Shard) {
        client.socket.close(
            CloseCode.unsupportedData.rawValue,
            "nothing is taken here: subscribers only listen"
        )
    }

    func initialisationTimedOut(_ client: Client, on shard: isolated Shard) {}

    func writable(_ client: Client, on shard: isolated Shard) { shard.flush(client) }

    func keepAlive(_ client: Client) {}

    func ended(
        _ subscriber: Subscriber,
        _ reason: Subscriber.Ending.Reason,
        of client: Client,
        on shard: isolated Shard
    ) {}

    var awaitsAnswer: Bool { false }

    func left(on shard: isolated Shard) {}
}
