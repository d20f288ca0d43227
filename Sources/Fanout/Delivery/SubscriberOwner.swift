/// The owner of subscribers, which can prefetch the memory that a delivery reads.
///
/// Between two batches the kernel's work evicts the clients from the processor's caches. Without prefetching, each
/// delivery would wait for its subscriber, then for the client, then for the socket.
package protocol SubscriberOwner: AnyObject {
    /// Prefetches the first `size` bytes, at most 128, at an address.
    static func prefetch(_ address: UnsafeRawPointer, size: Int)

    /// Prefetches what a delivery reads of the owner's socket; the owner itself was prefetched earlier.
    func prefetchSocket()

    /// Prefetches what a delivery reads behind the socket, which was prefetched earlier.
    func prefetchConnection()
}
