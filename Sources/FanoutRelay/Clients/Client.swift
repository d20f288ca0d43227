internal import Fanout
internal import GraphQLTransport
internal import WebSockets

/// One downstream connection, what it speaks, and its subscribers.
///
/// Lives on its shard's loop.
final class Client {
    /// What its one deadline means.
    enum Watch {
        /// `connection_init` must come.
        case initialisation
        /// It is probed when it was silent for so long.
        case idle
        /// It must answer the ping.
        case pong
        /// It is blocked, and couldn't even be sent a ping.
        case blocked
        /// It is sent away.
        case drain
    }

    // What a sweep reads comes first, in one piece of memory to fetch; small members together, since padding costs
    // every client.
    let socket: WebSocket
    /// True from a write that the kernel didn't take whole until it has room again.
    ///
    /// Where it took none of it, no frame is cut and the socket still counts itself as ready.
    var isBlocked = false
    /// True while it has one subscriber.
    private(set) var isSingle = false
    var watch: Watch
    /// True when something arrived since the deadline was set.
    var wasHeard = false
    var subscribers: [Subscriber] = [] {
        didSet { isSingle = subscribers.count == 1 }
    }
    let dialect: any ClientDialect
    /// The sweep that came by last, so that a client of several topics is written to once.
    var sweep: UInt64 = 0
    /// Half as large as a `Duration`.
    private var deadlineNanoseconds: Int64
    /// When its watch ends, by the loop's clock.
    var deadline: Duration {
        get { .nanoseconds(deadlineNanoseconds) }
        set { deadlineNanoseconds = Self.nanoseconds(newValue) }
    }

    /// True when a write may be tried.
    var isReady: Bool { !isBlocked && socket.isReady }

    /// True when it asked to lose events rather than its connection.
    var mayBeOvertaken: Bool { subscribers.first.map { $0.lagAction != nil } ?? false }

    init(socket: WebSocket, dialect: any ClientDialect, watch: Watch, deadline: Duration) {
        self.socket = socket
        self.dialect = dialect
        self.watch = watch
        deadlineNanoseconds = Self.nanoseconds(deadline)
    }

    /// Centuries at most: a longer time is as good as for ever.
    private static func nanoseconds(_ time: Duration) -> Int64 {
        let bounded = min(max(time, .seconds(-1 << 33)), .seconds(1 << 33))
        return bounded.components.seconds * 1_000_000_000 + bounded.components.attoseconds / 1_000_000_000
    }

    // What ends it.

    /// None of the subprotocols that it offers is spoken on this path (P1).
    func refuseSubprotocol() {
        let code = CloseCode.subprotocolNotAcceptable
        socket.close(code.rawValue, code.defaultReason)
    }

    /// Has it come back: it can't be told what it lacks.
    func closeAtGap() {
        socket.close(CloseCode.serviceRestart.rawValue, "Events may be missing: ask anew")
    }
}
