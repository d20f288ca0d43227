internal import Synchronization
internal import WebSockets

/// Counters of one shard, written on its loop.
package final class ShardStatistics: Sendable {
    let clients = Atomic(0)
    /// How many of the clients read server-sent events.
    let streams = Atomic(0)
    let subscriptions = Atomic(0)
    let opened = Atomic(0)
    let deliveries = Atomic(0)
    let bytes = Atomic(0)
    let sweeps = Atomic(0)
    let tooSlow = Atomic(0)
    let unresumed = Atomic(0)
    let untoldGaps = Atomic(0)
    private let closes = Mutex<[UInt16: Int]>([:])

    private let limits = Mutex<[ClientLimit: Int]>([:])

    init() {}

    /// Counts a client that met a limit.
    func met(_ limit: ClientLimit) {
        limits.withLock { $0[limit, default: 0] += 1 }
    }

    /// How often clients met each limit.
    var limitsMet: [ClientLimit: Int] { limits.withLock { $0 } }

    private let bodies = Mutex<[BodyRefusal: Int]>([:])

    /// Counts a request whose body wasn't taken.
    func refused(_ body: BodyRefusal) { bodies.withLock { $0[body, default: 0] += 1 } }

    /// How often bodies weren't taken, by reason.
    var refusedBodies: [BodyRefusal: Int] { bodies.withLock { $0 } }

    /// Counts a client that left, by the close code that ended it; without a code it counts as 1006.
    func closed(_ code: UInt16?) {
        closes.withLock { $0[code ?? 1006, default: 0] += 1 }
    }

    var closesByCode: [UInt16: Int] { closes.withLock { $0 } }
}
