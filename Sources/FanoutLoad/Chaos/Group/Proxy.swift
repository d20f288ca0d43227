import Glibc

/// Connections of each relay to each server of the log, which can be cut and healed.
///
/// A cut is silent, as that of a network: nothing is forwarded, and nobody is told. What waited goes on when it is
/// healed, also what a leader wrote that has been taken for dead.
struct Proxy: ~Copyable {
    /// Where a relay's connections to a server go.
    private struct Door {
        var listener: Socket
        var target: Address
        var owner: Int
    }

    private struct Pair {
        /// The relay's side, and the server's.
        var sockets: [Socket]
        var waiting: [[UInt8]] = [[], []]
        var interest: [Poller.Interest] = [.read, .write]
        var isConnected = false
        let owner: Int
    }

    /// The most doors, and the most connections at a time.
    static let (mostDoors, mostPairs) = (64, 256)
    /// How many indices of the poller it takes.
    static let indices = mostDoors + 2 * mostPairs
    /// What waits for a side that doesn't read; the other one isn't read meanwhile.
    private static let mostWaiting = 1 << 20

    private let firstIndex: Int
    private var doors: [Door] = []
    private var pairs: [Pair?] = []
    private var cut: Set<Int> = []

    init(firstIndex: Int) { self.firstIndex = firstIndex }

    /// Opens a door for a relay's connections to a server's port; returns its port.
    mutating func open(
        _ port: UInt16,
        to server: UInt16,
        owner: Int,
        _ poller: borrowing Poller
    ) throws(SystemError) {
        guard doors.count < Self.mostDoors, let own = Address(host: "127.0.0.1", port: port),
            let target = Address(host: "127.0.0.1", port: server)
        else { return }
        let listener = try own.listen()
        try poller.add(listener, index: firstIndex + doors.count, interest: .read)
        doors.append(Door(listener: listener, target: target, owner: owner))
    }

    /// Forwards nothing of a relay any more, or goes on with it.
    mutating func set(_ owner: Int, isCut: Bool, _ poller: borrowing Poller) throws(SystemError) {
        if isCut { cut.insert(owner) } else { cut.remove(owner) }
        for slot in pairs.indices where pairs[slot]?.owner == owner { try settle(slot, poller) }
    }

    mutating func handle(
        _ event: Poller.Event,
        through buffer: inout [UInt8],
        _ poller: borrowing Poller
    ) throws(SystemError) {
        let place = event.index - firstIndex
        guard place >= Self.mostDoors else { return try accept(place, poller) }
        let (slot, side) = (place - Self.mostDoors).quotientAndRemainder(dividingBy: 2)
        guard slot < pairs.count, let pair = pairs[slot] else { return }
        if side == 1, !pair.isConnected {
            guard pair.sockets[1].takeError() == 0 else { return close(slot) }
            pairs[slot]?.isConnected = true
        } else if event.isReadable {
            switch pair.sockets[side].read(into: &buffer) {
            case .bytes(let count): pairs[slot]?.waiting[1 - side] += buffer[..<count]
            case .wouldBlock: break
            case .endOfStream, .failed: return close(slot)
            }
        }
        try settle(slot, poller)
    }

    /// Closes everything.
    mutating func close() {
        for slot in pairs.indices { close(slot) }
        for door in doors { door.listener.close() }
        doors = []
    }

    private mutating func accept(_ number: Int, _ poller: borrowing Poller) throws(SystemError) {
        guard number < doors.count else { return }
        let door = doors[number]
        while let socket = try door.listener.accept() {
            let slot = pairs.firstIndex { $0 == nil } ?? pairs.count
            guard slot < Self.mostPairs, let other = try? door.target.connect(receiveBuffer: nil) else {
                socket.close()
                continue
            }
            socket.set(Int32(IPPROTO_TCP), TCP_NODELAY, 1)
            if slot == pairs.count { pairs.append(nil) }
            pairs[slot] = Pair(sockets: [socket, other], owner: door.owner)
            let first = firstIndex + Self.mostDoors + 2 * slot
            try poller.add(socket, index: first, interest: .read)
            try poller.add(other, index: first + 1, interest: .write)
            try settle(slot, poller)
        }
    }

    /// Forwards what waits, and watches for what may be forwarded next.
    private mutating func settle(_ slot: Int, _ poller: borrowing Poller) throws(SystemError) {
        guard var pair = pairs[slot] else { return }
        let isCut = cut.contains(pair.owner)
        if !isCut {
            for side in 0..<2 where !pair.waiting[side].isEmpty && (side == 0 || pair.isConnected) {
                switch pair.sockets[side].write(pair.waiting[side]) {
                case .wrote(let count): pair.waiting[side].removeFirst(count)
                case .wouldBlock: break
                case .failed: return close(slot)
                }
            }
        }
        for side in 0..<2 {
            var wanted: Poller.Interest = []
            if side == 1, !pair.isConnected {
                wanted = .write
            } else if !isCut {
                if pair.waiting[1 - side].count < Self.mostWaiting { wanted.insert(.read) }
                if !pair.waiting[side].isEmpty { wanted.insert(.write) }
            }
            guard wanted != pair.interest[side] else { continue }
            pair.interest[side] = wanted
            try poller.change(
                pair.sockets[side],
                index: firstIndex + Self.mostDoors + 2 * slot + side,
                interest: wanted
            )
        }
        pairs[slot] = pair
    }

    private mutating func close(_ slot: Int) {
        guard let pair = pairs[slot] else { return }
        for socket in pair.sockets { socket.close() }
        pairs[slot] = nil
    }
}
