import CommandSupport

/// The tool's one thread: its upstream, its clients, the proxy and inquiries, which go on while a script waits.
final class ChaosLoop {
    /// What ends a run before its time.
    enum Ending: Error {
        /// A signal came.
        case interrupted
        /// The run's limit is reached.
        case overtime
    }

    /// How often clients' clocks are looked at.
    private static let step = Duration.milliseconds(10)

    private(set) var links: [ChaosLink] = []
    /// Where clients connect to.
    var edges: [Endpoint] = []
    private let deadline: ContinuousClock.Instant
    private var poller: Poller
    private var upstream: Upstream?
    private var proxy: Proxy
    private var inquiry: Inquiry?
    private var buffer = [UInt8](repeating: 0, count: 65536)
    private var memo = RecentEvents()
    private var looked = ContinuousClock.now
    private let places: Places

    /// Which indices of the poller are whose.
    private struct Places {
        let upstream: Int
        let proxy: Int
        let inquiry: Int

        init(clients: Int) {
            upstream = clients
            proxy = upstream + 1 + Upstream.mostLinks
            inquiry = proxy + Proxy.indices
        }
    }

    /// - Parameter feed: What the tool's own upstream makes; nil where the group has one.
    init(clients: Int, feed: FeedPlan?, limit: Duration) throws(SystemError) {
        let poller = try Poller()
        places = Places(clients: clients)
        upstream =
            if let feed { try Upstream(feed, firstIndex: places.upstream, poller: poller) } else { nil }
        self.poller = poller
        proxy = Proxy(firstIndex: places.proxy)
        deadline = .now + limit
    }

    /// The port of the tool's own upstream; 0 if there is none.
    var upstreamPort: UInt16 { upstream?.port ?? 0 }

    /// Has this many clients connect to the edges, in turn.
    func connectClients(_ count: Int, _ script: ChaosScript) {
        links = (0..<count).map { ChaosLink(index: $0, edge: $0 % max(1, edges.count), script: script) }
    }

    /// Opens a port by which a relay gets to a server.
    func openDoor(_ port: UInt16, to server: UInt16, of relay: Int) throws(SystemError) {
        try proxy.open(port, to: server, owner: relay, poller)
    }

    /// Cuts a relay off from the servers, or heals that.
    func cut(_ relay: Int, _ isCut: Bool) throws(SystemError) {
        try proxy.set(relay, isCut: isCut, poller)
    }

    /// Lets time pass.
    func pass(_ time: Duration) throws {
        let end = ContinuousClock.now + time
        while ContinuousClock.now < end { try turn() }
    }

    /// Lets time pass until something holds; false if it doesn't within this time.
    func wait(atMost limit: Duration, until holds: () throws -> Bool) throws -> Bool {
        let end = ContinuousClock.now + limit
        while true {
            if try holds() { return true }
            guard ContinuousClock.now < end else { return false }
            try pass(.milliseconds(20))
        }
    }

    /// Asks a server of this machine; nil if it doesn't answer in time.
    func get(_ port: UInt16, _ path: String, within limit: Duration = .seconds(2)) throws -> Inquiry.Answer? {
        guard let asked = try? Inquiry(port: port, path: path) else { return nil }
        defer {
            asked.socket.close()
            inquiry = nil
        }
        inquiry = asked
        try poller.add(asked.socket, index: places.inquiry, interest: .write)
        let end = ContinuousClock.now + limit
        var reads = false
        while let now = inquiry, now.phase != .ended, ContinuousClock.now < end {
            if now.phase == .reading, !reads {
                try poller.change(now.socket, index: places.inquiry, interest: .read)
                reads = true
            }
            try turn()
        }
        return inquiry?.answer
    }

    /// Closes all sockets.
    func close() {
        for link in links { link.close() }
        upstream?.close()
        proxy.close()
    }

    /// Handles what has happened, and what is due.
    private func turn() throws {
        if Interruption.happened { throw Ending.interrupted }
        let count = try poller.wait(milliseconds: 1)
        let now = ContinuousClock.now
        if now >= deadline { throw Ending.overtime }
        for position in 0..<count { try handle(poller[position], now) }
        try upstream?.produce(now: now, complete: 0, poller: poller)
        guard now - looked >= Self.step else { return }
        looked = now
        for index in links.indices where links[index].isDue(now) {
            try links[index].act(edges, poller, now)
            try links[index].settle(poller)
        }
    }

    private func handle(_ event: Poller.Event, _ now: ContinuousClock.Instant) throws(SystemError) {
        switch event.index {
        case ..<places.upstream:
            guard event.index < links.count else { return }
            links[event.index].handle(event, edges, through: &buffer, memo: &memo, now)
            try links[event.index].settle(poller)
        case ..<places.proxy: try upstream?.handle(event, through: &buffer, poller: poller)
        case ..<places.inquiry: try proxy.handle(event, through: &buffer, poller)
        default: inquiry?.handle(event, through: &buffer)
        }
    }
}

extension ChaosLoop {
    /// What all clients got so far.
    var counts: ClientJudge.Counts { links.reduce(.init()) { $0 + $1.client.judge.counts } }

    /// How many connections broke so far.
    var breaks: UInt64 { links.reduce(0) { $0 &+ $1.client.breaks } }

    /// How many clients had an event since a time.
    func fresh(since time: ContinuousClock.Instant) -> Int {
        links.count { link in link.client.lastEvent.map { $0 > time } ?? false }
    }

    /// Has clients that went elsewhere come back to the edge that they began at.
    func sendHome() {
        let now = ContinuousClock.now
        for index in links.indices { links[index].goHome(now) }
    }

    /// Notes which clients are at an edge that a fault has hit, and forgets those of the fault before.
    func note(hit edge: Int?) {
        for index in links.indices { links[index].isHit = links[index].edge == edge }
    }

    /// The longest time without events since this was asked before, of clients at an edge that was hit, and of others.
    func takeStalls() -> (hit: Duration?, others: Duration) {
        var (hit, others): (Duration?, Duration) = (nil, .zero)
        for index in links.indices {
            let longest = links[index].client.takeLongest()
            if links[index].isHit {
                hit = max(hit ?? .zero, longest)
            } else {
                others = max(others, longest)
            }
        }
        return (hit, others)
    }
}
