internal import Fanout
internal import WebSockets

extension Subscriber {
    /// Its client, which owns it.
    var client: Client { owner.as(Client.self).object }
}

extension Client: SubscriberOwner {
    static func prefetch(_ address: UnsafeRawPointer, size: Int) { unsafe Memory.prefetch(address, size: size) }

    func prefetchSocket() { socket.prefetch() }

    func prefetchConnection() { socket.prefetchConnection() }
}
