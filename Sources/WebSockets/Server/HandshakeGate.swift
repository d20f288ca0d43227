internal import DequeModule

/// Limits how many TLS handshakes run at a time; further connections wait in the order of their arrival.
///
/// libwebsockets 4.1.6 keeps the deadlines of all handshakes in one sorted list and walks through it for each new one:
/// with ten thousand handshakes under way, each new one costs half a millisecond. Without TLS no gate is needed, since
/// the heads are complete when libwebsockets gets them. A value, without sockets of its own.
struct HandshakeGate {
    /// How many handshakes may be under way.
    static let width = 256
    /// How many more are admitted at each tick when the gate is full, so that silent clients can't keep others out.
    static let trickle = 64
    /// The time between two ticks.
    static let tick = Duration.milliseconds(50)

    private var waiting: Deque<AcceptedSocket> = []
    private var underWay = 0

    /// Whether connections wait.
    var isCrowded: Bool { !waiting.isEmpty }

    /// Takes connections that were accepted.
    mutating func arrive(_ sockets: [AcceptedSocket]) { waiting.append(contentsOf: sockets) }

    /// The next connection whose handshake may begin: the one that has waited longest, even through a full gate if
    /// `isOpen`.
    mutating func next(isOpen: Bool) -> AcceptedSocket? {
        guard isOpen || underWay < Self.width, let first = waiting.popFirst() else { return nil }
        underWay += 1
        return first
    }

    /// Notes the end of a handshake; true when another may begin in its place.
    mutating func leave() -> Bool {
        underWay -= 1
        return underWay < Self.width && isCrowded
    }
}
