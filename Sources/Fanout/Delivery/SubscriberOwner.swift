/// The client that has subscribers, which knows how the processor is asked for memory that is read soon.
///
/// Between two batches the kernel's own work has driven the clients out of the processor's caches: each delivery would
/// wait for its subscriber, then its client, then its socket, one after the other.
package protocol SubscriberOwner: AnyObject {
    /// Asks for the first `size` bytes, at most 128, of what is at an address.
    static func prefetch(_ address: UnsafeRawPointer, size: Int)

    /// Asks for what a delivery reads of its socket; the owner itself has been asked for before.
    func prefetchSocket()

    /// Asks for what a delivery reads behind its socket, which has been asked for before.
    func prefetchConnection()
}
