internal import DequeModule

/// Lets so many handshakes at a time to libwebsockets; further connections wait, in the order in which they came.
///
/// libwebsockets 4.1.6 keeps the deadlines of all handshakes in one sorted list and walks it for each new one: with ten
/// thousand under way, each costs half a millisecond. Only with TLS: other heads are complete when it gets them. A value,
/// without sockets of its own.
struct HandshakeGate {
    /// How many may be under way.
    static let width = 256
    /// How many are let in at each tick though the gate is full: silent clients must not keep others out.
    static let trickle = 64
    /// The time between two ticks.
    static let tick = Duration.milliseconds(50)

    private var waiting: Deque<AcceptedSocket> = []
    private var underWay = 0

    /// Whether somebody waits.
    var isCrowded: Bool { !waiting.isEmpty }

    /// Takes connections that were accepted.
    mutating func arrive(_ sockets: [AcceptedSocket]) { waiting.append(contentsOf: sockets) }

    /// The next one that may begin; whoever waits longest, even through a full gate, if `isOpen`.
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
