internal import CLibuv
internal import CLibwebsockets
internal import Glibc
internal import Synchronization

/// Accepts TCP connections on a loop of its own, and passes them in batches to the servers with the fewest connections.
///
/// Without TLS it reads the first head of each connection before. The bind is plain, without SO_REUSEPORT: a second
/// process on the port must fail instead of silently taking a share. Any thread may call the listener's methods.
@safe package final class Listener: LoopResident, @unchecked Sendable {
    /// Where to listen, and the limits and options of accepted sockets.
    package struct Options: Sendable {
        /// A numeric address or a name.
        package var host: String
        /// The port; 0 takes a free one.
        package var port: UInt16
        /// The most connections at a time, over all servers; further ones get 503.
        package var maximumConnections: Int
        /// The most connections at a time from one address, or one /64 of IPv6; further ones get 429.
        package var maximumPerAddress: Int
        /// The most new connections a second, and in one burst, over all servers; further ones get 429, nil means no
        /// limit.
        package var acceptRate: Int?
        /// The most new connections a second, and in one burst, from one address or one /64 of IPv6; further ones get
        /// 429.
        package var acceptRatePerAddress: Int?
        /// Whether the process has too little memory for more connections; they get 503.
        package var isFull: @Sendable () -> Bool = { false }
        /// SO_SNDBUF in bytes: what the kernel holds for a client that doesn't read (it reserves twice as much).
        package var sendBuffer: Int

        /// TCP_NOTSENT_LOWAT in bytes: how much of the send buffer may hold bytes that aren't sent yet; a quarter.
        ///
        /// The rest is for bytes in flight, which a distant client needs. Without this limit the whole buffer fills
        /// with events that a client which doesn't read gets late or never, and that no lag policy sees. The kernel
        /// checks only between its own buffers: one `send` may exceed the limit by up to 64 KiB.
        package var unsentLimit: Int { sendBuffer / 4 }

        /// Makes options with the default limits.
        package init(
            host: String,
            port: UInt16,
            maximumConnections: Int = 10_000,
            maximumPerAddress: Int = .max,
            sendBuffer: Int = 64 * 1024
        ) {
            self.host = host
            self.port = port
            self.maximumConnections = maximumConnections
            self.maximumPerAddress = maximumPerAddress
            self.sendBuffer = sendBuffer
        }

        /// Sets the options that accepted sockets inherit from a listening one.
        func apply(to descriptor: Int32) {
            SocketOption.set(descriptor, SocketOption.tcpLevel, TCP_NODELAY, 1)
            SocketOption.set(descriptor, SOL_SOCKET, SO_KEEPALIVE, 1)
            SocketOption.set(descriptor, SOL_SOCKET, SO_SNDBUF, Int32(clamping: sendBuffer))
            SocketOption.set(descriptor, SocketOption.tcpLevel, TCP_NOTSENT_LOWAT, Int32(clamping: unsentLimit))
        }
    }

    /// The bound address, in brackets if it is IPv6.
    package let host: String
    /// The bound port.
    package let port: UInt16

    /// How many connections were refused for a reason.
    package func refused(_ reason: Refusal) -> Int { refusals.withLock { $0[reason, default: 0] } }

    /// How many TLS handshakes clients began, and how many were completed, over all servers; nil without TLS.
    package var handshakes: (begun: Int, completed: Int)? {
        guard isSecure else { return nil }
        return servers.map(\.handshakes).reduce((0, 0)) { ($0.0 + $1.begun, $0.1 + $1.completed) }
    }

    private var isSecure: Bool { servers.contains(where: \.isSecure) }

    /// How many connections were accepted since the start.
    package var accepted: Int { acceptedCount.load(ordering: .relaxed) }

    private let options: Options
    private let loop: EventLoop
    private let servers: [WebSocketServer]
    private let ledger: ConnectionLedger
    private let descriptor: Int32
    private let poll: UnsafeMutablePointer<uv_poll_t>
    private let acceptedCount = Atomic(0)
    private let refusals = Mutex<[Refusal: Int]>([:])
    /// Loop only.
    private var rates: AcceptRates
    /// Closed for a moment when the process has no descriptors left, so that a client can be refused with an answer.
    private var spare: Int32
    /// Reads the first heads; nil with TLS, where libwebsockets reads them.
    private var desk: HeadDesk?
    /// Connections to pass to servers at the loop's next turn.
    private var ready: [AcceptedSocket] = []
    private var isStopped = false
    private var isPolling = false
    /// The timer that ends a pause in accepting.
    private var pause: LoopTimer?

    /// Binds at once and starts to accept.
    ///
    /// All servers must offer the same.
    ///
    /// - Throws: `WebSocketError.cannotListen` when the address is in use, unknown or not of this machine.
    package convenience init(
        on loop: EventLoop,
        options: Options,
        servers: [WebSocketServer],
        ledger: ConnectionLedger
    ) throws(WebSocketError) {
        var limits = HeadDesk.Limits()
        if let timeout = servers.first?.options.headerTimeout { limits.timeout = timeout }
        try self.init(on: loop, options: options, servers: servers, ledger: ledger, heads: limits)
    }

    /// The same, with other limits for arriving heads.
    init(
        on loop: EventLoop,
        options: Options,
        servers: [WebSocketServer],
        ledger: ConnectionLedger,
        heads: HeadDesk.Limits
    ) throws(WebSocketError) {
        let bound = try ListeningSocket(host: options.host, port: options.port, prepare: options.apply)
        descriptor = bound.descriptor
        host = bound.host
        port = bound.port
        self.options = options
        self.loop = loop
        self.servers = servers
        self.ledger = ledger
        rates = AcceptRates(total: options.acceptRate, perNetwork: options.acceptRatePerAddress)
        spare = unsafe open("/dev/null", O_RDONLY | O_CLOEXEC)
        unsafe poll = .allocate(capacity: 1)
        if let server = servers.first, !server.isSecure {
            desk = HeadDesk(self, on: loop, serving: server.options, limits: heads)
        }
        loop.execute { [self] in start() }
    }

    deinit { unsafe poll.deallocate() }

    private func start() {
        guard !isStopped, !loop.isOver else { return closeDescriptors() }
        unsafe uv_poll_init(loop.uv, poll, descriptor)
        unsafe poll.pointee.data = Unmanaged.passRetained(self).toOpaque()
        unsafe uv_poll_start(poll, Int32(UV_READABLE.rawValue), connectionsWait)
        isPolling = true
        loop.adopt(self)
    }

    /// Closes the port, and the connections whose first head isn't complete; others stay.
    ///
    /// Further calls do nothing.
    package func stop() {
        loop.execute { [self] in closeHandles() }
    }

    func loopStops() { closeHandles() }

    /// Ends the listener on its loop, after `stop` or with the loop itself.
    private func closeHandles() {
        guard !isStopped else { return }
        isStopped = true
        guard isPolling else { return }
        handOverReady()
        desk?.closeAll()
        pause?.close()
        loop.release(self)
        unsafe uv_poll_stop(poll)
        unsafe uv_close(cuv_handle(poll)) { handle in
            guard let data = unsafe handle?.pointee.data else { return }
            unsafe Unmanaged<Listener>.fromOpaque(data).release()
        }
        closeDescriptors()
    }

    private func closeDescriptors() {
        close(descriptor)
        if spare >= 0 { close(spare) }
        spare = -1
    }

    fileprivate func acceptAll() {
        guard !isStopped else { return }
        let now = EventLoop.now
        // Bounded, so that a flood of connections can't delay the first batch.
        for _ in 0..<256 {
            if let desk, !desk.hasRoom(at: now) {
                // Further connections wait in the kernel until a head is complete or has used up its time.
                rest()
                break
            }
            guard let (socket, network) = acceptOne() else { break }
            acceptedCount.add(1, ordering: .relaxed)
            if let reason = refusal(of: network, now: now) {
                refuse(socket.descriptor, reason)
                continue
            }
            if let desk { desk.take(socket, network, at: now) } else { ready.append(socket) }
        }
        handOverReady()
    }

    private func refusal(of network: ClientNetwork, now: Duration) -> Refusal? {
        if options.isFull() { return .memory }
        if let reason = rates.admit(network, at: now) { return reason }
        let served = servers.reduce(0) { $0 + $1.connections }
        let load = served + ready.count + (desk?.count ?? 0)
        // Checked first, so that no connection is dropped in favour of one that is refused.
        guard ledger.admit(network, limit: options.maximumPerAddress) else { return .address }
        // Connections that have sent nothing must not keep others out.
        if load < options.maximumConnections || desk?.giveWay(at: now) == true { return nil }
        ledger.leave(network)
        return .total
    }

    /// Passes a connection to the server with the fewest, in a batch with all others of this turn of the loop.
    func handOver(_ socket: AcceptedSocket) {
        ready.append(socket)
        if ready.count == 1 { loop.execute { [self] in handOverReady() } }
    }

    private func handOverReady() {
        guard !ready.isEmpty else { return }
        var batches = [[AcceptedSocket]](repeating: [], count: servers.count)
        var loads = servers.map(\.connections)
        for socket in ready {
            let emptiest = loads.indices.min { loads[$0] < loads[$1] } ?? 0
            loads[emptiest] += 1
            batches[emptiest].append(socket)
        }
        ready.removeAll(keepingCapacity: true)
        for (index, batch) in batches.enumerated() where !batch.isEmpty { servers[index].adopt(batch) }
    }

    /// Counts the end of a connection that no server got.
    func left(_ peer: String) { ledger.leave(ClientNetwork(of: peer)) }

    /// Counts a connection that is refused.
    func count(_ reason: Refusal) { refusals.withLock { $0[reason, default: 0] += 1 } }

    private func refuse(_ descriptor: Int32, _ reason: Refusal) {
        count(reason)
        // A TLS client would take an answer in plaintext for a broken handshake, and a whole handshake is what a limit
        // saves.
        if isSecure {
            close(descriptor)
        } else {
            reason.answer(descriptor)
        }
    }

    private func acceptOne() -> (AcceptedSocket, ClientNetwork)? {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let (accepted, failure) = unsafe withUnsafeMutablePointer(to: &storage) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                let accepted = unsafe clws_accept(descriptor, address, &length)
                return (accepted, errno)
            }
        }
        guard accepted >= 0 else {
            switch failure {
            case EMFILE, ENFILE: if !shedOne() { rest() }
            case ENOBUFS, ENOMEM: rest()
            default: break
            }
            return nil
        }
        let (peer, network) = SocketAddress.peer(storage)
        return (AcceptedSocket(descriptor: accepted, peer: peer), network)
    }

    /// Refuses one connection when no descriptors are left: otherwise it would stay queued, and the loop would spin on
    /// it.
    private func shedOne() -> Bool {
        guard spare >= 0 else { return false }
        close(spare)
        let accepted = clws_accept(descriptor, nil, nil)
        if accepted >= 0 {
            acceptedCount.add(1, ordering: .relaxed)
            refuse(accepted, .total)
        }
        spare = unsafe open("/dev/null", O_RDONLY | O_CLOEXEC)
        return accepted >= 0
    }

    /// Pauses accepting: another thread took the spare descriptor, or the kernel is out of memory.
    private func rest() {
        unsafe uv_poll_stop(poll)
        let timer = pause ?? LoopTimer(on: loop) { [unowned self] in resume() }
        pause = timer
        timer.start(after: .milliseconds(100))
    }

    private func resume() {
        guard !isStopped else { return }
        if spare < 0 { spare = unsafe open("/dev/null", O_RDONLY | O_CLOEXEC) }
        unsafe uv_poll_start(poll, Int32(UV_READABLE.rawValue), connectionsWait)
    }
}

/// An accepted connection on its way to a server.
package struct AcceptedSocket: Sendable {
    /// The connected descriptor.
    package var descriptor: Int32
    /// The peer's numeric address.
    package var peer: String
    /// The head of its first request, and the bytes that came after it; empty when libwebsockets reads the head.
    package var head: [UInt8] = []
}

private func connectionsWait(_ handle: UnsafeMutablePointer<uv_poll_t>?, _ status: Int32, _ events: Int32) {
    guard let data = unsafe handle?.pointee.data else { return }
    unsafe Unmanaged<Listener>.fromOpaque(data).takeUnretainedValue().acceptAll()
}
