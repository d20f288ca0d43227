internal import Fanout
internal import GraphQLTransport
internal import WebSockets

/// What one kind of client says and is told, but for its events: deliveries don't come by here.
///
/// Everything happens on the shard's loop.
protocol ClientDialect: AnyObject {
    /// A message came.
    func received(_ message: Span<UInt8>, isText: Bool, from client: Client, on shard: isolated Shard)

    /// The time for its first message is over.
    func initialisationTimedOut(_ client: Client, on shard: isolated Shard)

    /// The socket has room again.
    func writable(_ client: Client, on shard: isolated Shard)

    /// The client is probed: the protocol's own sign of life goes out, if it has one.
    func keepAlive(_ client: Client)

    /// An operation, which isn't the client's any more, has ended at the upstream.
    func ended(
        _ subscriber: Subscriber,
        _ reason: Subscriber.Ending.Reason,
        of client: Client,
        on shard: isolated Shard
    )

    /// True while an answer is on its way for which the client should stay.
    var awaitsAnswer: Bool { get }

    /// The client has gone.
    func left(_ client: Client, _ shard: isolated Shard)
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

    func left(_ client: Client, _ shard: isolated Shard) {}
}
