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
    /// From when the server's events were read to the end of the sweep that delivered them, once for each event.
    let deliveryLatency = Histogram(.latency)
    let sweepTime = Histogram(.sweep)
    /// How many events of a topic a sweep delivered at once.
    let batchSize = Histogram(.events)
    /// How many payload bytes clients lack, by `LagSample`.
    let lag = Histogram(.bytes)
    private let byProtocol = InlineArray<5, Atomic<Int>> { _ in Atomic(0) }
    private let closes = Mutex<[UInt16: Int]>([:])

    private let limits = Mutex<[ClientLimit: Int]>([:])

    init() {}

    /// Counts a client that has come.
    func joined(speaking spoken: ClientProtocol) {
        clients.add(1, ordering: .relaxed)
        opened.add(1, ordering: .relaxed)
        byProtocol[spoken.index].add(1, ordering: .relaxed)
    }

    /// Counts a client that has left, by the close code that ended it; without a code it counts as 1006.
    func left(speaking spoken: ClientProtocol, code: UInt16?) {
        clients.subtract(1, ordering: .relaxed)
        byProtocol[spoken.index].subtract(1, ordering: .relaxed)
        closed(code)
    }

    /// How many clients speak a protocol.
    func clients(speaking spoken: ClientProtocol) -> Int { byProtocol[spoken.index].load(ordering: .relaxed) }

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
