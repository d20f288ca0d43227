internal import Fanout
internal import GraphQLTransport
internal import WebSockets

/// One downstream connection and the protocol that it speaks.
///
/// Lives on its shard's loop.
final class Client {
    /// What it speaks.
    enum Dialect {
        /// `graphql-transport-ws`, or the legacy `graphql-ws`.
        case graphQL(ServerProtocol)
        /// `fanout.v1.json`, or bare payloads: it only listens.
        case plain

        /// Changes the machine in place; nil for who only listens.
        ///
        /// It is taken out meanwhile, or else every change of its ids would copy them.
        @discardableResult
        mutating func withMachine<Result>(_ change: (inout ServerProtocol) -> Result) -> Result? {
            switch consume self {
            case .graphQL(var machine):
                let result = change(&machine)
                self = .graphQL(machine)
                return result
            case .plain:
                self = .plain
                return nil
            }
        }
    }

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
    /// True once it asked for resume tokens, in its `connection_init`.
    var wantsTokens = false
    var watch: Watch
    /// True when something arrived since the deadline was set.
    var wasHeard = false
    var subscribers: [Subscriber] = [] {
        didSet { isSingle = subscribers.count == 1 }
    }
    var dialect: Dialect
    /// What waits of the answers to its queries and mutations; nil while nothing does.
    var answers: AnswerLine?
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

    init(socket: WebSocket, dialect: Dialect, watch: Watch, deadline: Duration) {
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
}
