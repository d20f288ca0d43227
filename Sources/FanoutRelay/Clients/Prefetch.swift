internal import Fanout
internal import WebSockets

/// Fetches what the next deliveries of a sweep will read, while the kernel is busy with this one.
///
/// Between two batches the kernel's own work has driven the clients out of the processor's caches: each delivery would
/// wait for its subscriber, then its client, then its socket, one after the other.
enum Prefetch {
    /// Asks for a subscriber some places further on, the client of a nearer one, and the socket of the next ones.
    @inline(__always)
    static func fetch(_ audience: [Unmanaged<Subscriber>], behind index: Int) {
        let count = unsafe audience.count
        if index + 4 < count { unsafe Memory.prefetch(audience[index + 4].toOpaque(), size: 80) }
        if index + 3 < count {
            unsafe audience[index + 3]._withUnsafeGuaranteedRef { subscriber in
                unsafe Memory.prefetch(subscriber.owner.toOpaque(), size: 48)
            }
        }
        if index + 2 < count {
            unsafe audience[index + 2]._withUnsafeGuaranteedRef { subscriber in
                unsafe subscriber.clientReference._withUnsafeGuaranteedRef { $0.socket.prefetch() }
                // The array's memory: a header, and what goes around a usual id.
                let prefix = unsafe unsafeBitCast(subscriber.prefix, to: UnsafeRawPointer.self)
                unsafe Memory.prefetch(prefix, size: 96)
            }
        }
        if index + 1 < count {
            unsafe audience[index + 1]._withUnsafeGuaranteedRef { subscriber in
                unsafe subscriber.clientReference._withUnsafeGuaranteedRef { $0.socket.prefetchConnection() }
            }
        }
    }
}
