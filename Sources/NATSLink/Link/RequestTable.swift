/// The requests that wait for answers; a value without a clock.
struct RequestTable {
    /// Takes an outcome, and says whether more are awaited for the same request.
    typealias Receiver = (NATSAnswer) -> Bool

    struct Waiting {
        let limit: Duration
        var deadline: Duration
        let receive: Receiver
    }

    private var waiting: [UInt64: Waiting] = [:]
    private var last: UInt64 = 0

    var count: Int { waiting.count }

    /// The time of the first deadline; nil if nothing waits.
    var nextDeadline: Duration? { waiting.values.lazy.map(\.deadline).min() }

    /// Keeps a request; its number is given only once.
    mutating func add(limit: Duration, at now: Duration, receive: @escaping Receiver) -> UInt64 {
        last += 1
        waiting[last] = Waiting(limit: limit, deadline: now + limit, receive: receive)
        return last
    }

    /// Takes out the request of this number; nil when it is over, or never was.
    mutating func take(_ number: UInt64) -> Waiting? { waiting.removeValue(forKey: number) }

    /// Puts back one whose receiver wants more; its time begins anew.
    mutating func awaitMore(_ number: UInt64, _ request: Waiting, at now: Duration) {
        var request = request
        request.deadline = now + request.limit
        waiting[number] = request
    }

    /// Takes out those whose time is over, in the order in which they were made.
    mutating func expired(at now: Duration) -> [Receiver] {
        let numbers = waiting.filter { $0.value.deadline <= now }.keys.sorted()
        return numbers.compactMap { waiting.removeValue(forKey: $0)?.receive }
    }

    /// Takes out all, in the order in which they were made.
    mutating func removeAll() -> [Receiver] {
        defer { waiting = [:] }
        return waiting.sorted { $0.key < $1.key }.map(\.value.receive)
    }
}

/// What became of a request.
package enum NATSAnswer: Sendable, Hashable {
    case message(NATSMessage)
    /// Nobody subscribes to the subject: the server says so at once (503).
    case noResponders
    /// No answer came in time; whether the request had an effect isn't known.
    case timedOut
    /// The connection was lost meanwhile; whether the request had an effect isn't known.
    case connectionLost
    /// It wasn't sent.
    case refused(NATSRefusal)
}
