internal import AllowedDocuments
internal import Fanout
internal import GraphQLTransport
internal import WebSockets

/// One downstream connection with its dialect and its subscribers.
///
/// Lives on its shard's loop.
final class Client {
    /// What happens when the client's deadline passes.
    enum Watch {
        /// It hasn't sent `connection_init`.
        case initialisation
        /// It was silent for the ping interval, and is pinged.
        case idle
        /// It hasn't answered the ping.
        case pong
        /// It is blocked, so that even a ping can't be sent.
        case blocked
        /// The relay drains, and the client is closed.
        case drain
    }

    // A sweep reads these members. They come first, so that they share one prefetched piece of memory. Small members
    // stand together, since padding costs memory for every client.
    let socket: WebSocket
    /// True from a write that the kernel didn't take whole until it has room again.
    ///
    /// When the kernel took nothing, no frame is cut, and the socket still counts itself as ready.
    var isBlocked = false
    /// True while it has exactly one subscriber.
    private(set) var isSingle = false
    var watch: Watch
    /// True when something arrived since the deadline was set.
    var wasHeard = false
    /// When its credential ends, in tenths of a second by the loop's clock; the greatest number for never.
    private var accessEndTenths = UInt32.max
    var subscribers: [Subscriber] = [] {
        didSet { isSingle = subscribers.count == 1 }
    }
    let dialect: any ClientDialect
    /// The number of the last sweep that wrote to the client, so that a client of several topics gets one write in
    /// each.
    var sweep: UInt32 = 0
    /// How many messages it has sent within this second.
    var messages = RateWindow()
    /// Half as large as a `Duration`, as the next one.
    private var deadlineNanoseconds: Int64
    /// When its watch ends, by the loop's clock.
    var deadline: Duration {
        get { .nanoseconds(deadlineNanoseconds) }
        set { deadlineNanoseconds = Self.nanoseconds(newValue) }
    }

    /// When its credential ends, by the loop's clock; nil for never, and for what is years ahead.
    ///
    /// It is kept as the tenth of a second before: later the client has no right to events.
    var accessEnd: Duration? {
        get { accessEndTenths == .max ? nil : .milliseconds(Int64(accessEndTenths) * 100) }
        set { accessEndTenths = newValue.map { UInt32(clamping: Self.nanoseconds($0) / 100_000_000) } ?? .max }
    }

    /// When it is to be looked at next.
    var nextDeadline: Duration { accessEnd.map { min($0, deadline) } ?? deadline }

    /// True when a write may be tried.
    var isReady: Bool { !isBlocked && socket.isReady }

    /// True when the client chose to lose events rather than its connection (`lag=skip` or `lag=latest`).
    var mayBeOvertaken: Bool { subscribers.first.map { $0.lagAction != nil } ?? false }

    init(socket: WebSocket, dialect: any ClientDialect, watch: Watch, deadline: Duration) {
        self.socket = socket
        self.dialect = dialect
        self.watch = watch
        deadlineNanoseconds = Self.nanoseconds(deadline)
    }

    /// Bounded to centuries, so that the nanoseconds fit into an integer.
    private static func nanoseconds(_ time: Duration) -> Int64 {
        let bounded = min(max(time, .seconds(-1 << 33)), .seconds(1 << 33))
        return bounded.components.seconds * 1_000_000_000 + bounded.components.attoseconds / 1_000_000_000
    }

    // Ways to end it.

    /// Tells a client that isn't let in, or not any more, why.
    func refuse(_ refusal: AccessRefusal) {
        socket.close(refusal.closeCode.rawValue, refusal.closeReason)
    }

    /// Tells a client why the allowed document of its path isn't for it.
    func refuse(_ denial: DocumentDenial) {
        switch denial {
        case .access(let refusal): refuse(refusal)
        case .document(let refusal):
            let code = refusal.isFault ? CloseCode.policyViolation : .forbidden
            socket.close(code.rawValue, denial.failure.message)
        }
    }

    /// Ends as the clients of a topic that is removed do: there is none at its path, or none any more.
    func leaveNothing() { socket.close(CloseCode.normalClosure.rawValue, "There is no topic here") }

    /// None of the subprotocols that it offers is spoken on this path (P1).
    func refuseSubprotocol() {
        let code = CloseCode.subprotocolNotAcceptable
        socket.close(code.rawValue, code.defaultReason)
    }

    /// Closes a client that can't be told of a gap, so that it reconnects and subscribes anew.
    func closeAtGap() {
        socket.close(CloseCode.serviceRestart.rawValue, "Events may be missing: ask anew")
    }
}
