internal import CLibuv
internal import CLibwebsockets
internal import Glibc
internal import Synchronization
internal import Wire

/// Accepts connections on a loop of its own, and passes them in batches to the shards with the fewest connections.
///
/// It may listen on several addresses, which have all limits in common. Without TLS it reads the first head of each
/// connection before. The bind is plain, without SO_REUSEPORT: a second process on the port must fail instead of
/// silently taking a share. Any thread may call the listener's methods.
@safe package final class Listener: LoopResident, @unchecked Sendable {
    /// The bound addresses, in the order of the options' bindings.
    package let addresses: [BoundAddress]

    /// The host of the first TCP port, in brackets if it is IPv6; empty without one.
    package var host: String {
        for case .port(let host, _) in addresses { return host }
        return ""
    }

    /// The first TCP port; 0 without one.
    package var port: UInt16 {
        for case .port(_, let port) in addresses { return port }
        return 0
    }

    /// How many connections were refused for a reason.
    package func refused(_ reason: Refusal) -> Int { refusals.withLock { $0[reason, default: 0] } }

    /// How many TLS handshakes clients began, and how many were completed, over all servers; nil without TLS.
    package var handshakes: (begun: Int, completed: Int)? {
        let secure = services.joined().filter(\.isSecure)
        guard !secure.isEmpty else { return nil }
        return secure.map(\.handshakes).reduce((0, 0)) { ($0.0 + $1.begun, $0.1 + $1.completed) }
    }

    /// How many connections were accepted since the start.
    package var accepted: Int { acceptedCount.load(ordering: .relaxed) }

    /// How many requests of trusted proxies told of whom they were; nil where none is asked.
    package func forwarded(from origin: ForwardedOrigin) -> Int? {
        guard options.forwardedFields != .none else { return nil }
        return forwardings.withLock { $0[origin, default: 0] }
    }

    private let options: Options
    let loop: EventLoop
    /// The servers of each service, one for each shard.
    private let services: [[WebSocketServer]]
    private let ledger: ConnectionLedger
    private let sockets: [ListeningSocket]
    private let acceptedCount = Atomic(0)
    private let refusals = Mutex<[Refusal: Int]>([:])
    private let forwardings = Mutex<[ForwardedOrigin: Int]>([:])
    // Loop only.
    private var watches: [SocketWatch] = []
    var rates: AcceptRates
    var limits: Limits
    /// Closed for a moment when the process has no descriptors left, so that a client can be refused with an answer.
    private var spare: Int32
    /// Reads the first heads of plaintext connections; nil when all speak TLS, whose heads libwebsockets reads.
    private var desk: HeadDesk?
    /// Reads the headers of the PROXY protocol; nil when no binding has them.
    private var proxyDesk: ProxyDesk?
    /// Connections to pass to servers at the loop's next turn.
    private var ready: [AcceptedSocket] = []
    private var isStopped = false
    /// The bindings where accepting pauses, and the timer that ends the pause.
    private var resting: Set<Int> = []
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
        try self.init(on: loop, options: options, services: [servers], ledger: ledger)
    }

    /// The same for several services, such as one with TLS and one without: each has a server for each shard.
    package convenience init(
        on loop: EventLoop,
        options: Options,
        services: [[WebSocketServer]],
        ledger: ConnectionLedger
    ) throws(WebSocketError) {
        var limits = HeadDesk.Limits()
        if let timeout = services.first?.first?.options.headerTimeout { limits.timeout = timeout }
        try self.init(on: loop, options: options, services: services, ledger: ledger, heads: limits)
    }

    /// The same, with other limits for arriving heads.
    init(
        on loop: EventLoop,
        options: Options,
        services: [[WebSocketServer]],
        ledger: ConnectionLedger,
        heads: HeadDesk.Limits,
        proxies: ProxyDesk.Limits = ProxyDesk.Limits()
    ) throws(WebSocketError) {
        var sockets: [ListeningSocket] = []
        do throws(WebSocketError) {
            for binding in options.bindings {
                sockets.append(try ListeningSocket(binding.address, prepare: options.apply))
            }
        } catch {
            for socket in sockets { socket.close() }
            throw error
        }
        self.sockets = sockets
        addresses = sockets.map(\.address)
        self.options = options
        self.loop = loop
        self.services = services
        self.ledger = ledger
        (limits, rates) = (options.limits, options.limits.rates)
        spare = unsafe open("/dev/null", O_RDONLY | O_CLOEXEC)
        if let server = services.joined().first(where: { !$0.isSecure }) {
            desk = HeadDesk(self, on: loop, serving: server.options, limits: heads)
        }
        if options.bindings.contains(where: \.readsProxyHeader) {
            proxyDesk = ProxyDesk(self, on: loop, limits: proxies)
        }
        if options.forwardedFields != .none {
            for server in services.joined() where !server.isSecure {
                server.giveBack { [weak self] socket in
                    guard let self else {
                        close(socket.descriptor)
                        return
                    }
                    loop.execute { [self] in takeBack(socket) }
                }
            }
        }
        loop.execute { [self] in start() }
    }

    private func start() {
        guard !isStopped, !loop.isOver else { return closeDescriptors() }
        watches = sockets.indices.map { binding in
            SocketWatch(sockets[binding].descriptor, on: loop) { [unowned self] in
                if $0.contains(.reading) { acceptAll(from: binding) }
            }
        }
        for watch in watches { watch.start(.reading) }
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
        guard !watches.isEmpty else { return }
        handOverReady()
        proxyDesk?.closeAll()
        desk?.closeAll()
        pause?.close()
        for watch in watches { watch.close() }
        closeDescriptors()
        loop.release(self)
    }

    private func closeDescriptors() {
        for socket in sockets { socket.close() }
        if spare >= 0 { close(spare) }
        spare = -1
    }

    // Accepting.

    private func acceptAll(from binding: Int) {
        guard !isStopped else { return }
        let now = EventLoop.now
        let isSecure = isSecure(binding)
        // Bounded, so that a flood of connections can't delay the first batch.
        for _ in 0..<256 {
            if !isSecure, let desk, !desk.hasRoom(at: now) {
                // Further connections wait in the kernel until a head is complete or has used up its time.
                rest(binding)
                break
            }
            guard var socket = acceptOne(from: binding) else { break }
            acceptedCount.add(1, ordering: .relaxed)
            if let proxyDesk, options.bindings[binding].readsProxyHeader {
                takeProxied(socket, proxyDesk, at: now)
                continue
            }
            if readsForwardedFields(binding), isTrusted(socket) { socket.awaitClient() }
            if let reason = refusal(of: socket, now: now) {
                refuse(socket.descriptor, reason, isSecure: isSecure)
                continue
            }
            if !isSecure, let desk { desk.take(socket, at: now) } else { ready.append(socket) }
        }
        handOverReady()
    }

    /// Takes a connection whose client isn't known before its PROXY header.
    private func takeProxied(_ socket: AcceptedSocket, _ proxyDesk: ProxyDesk, at now: Duration) {
        guard isTrusted(socket) else { return refuse(socket.descriptor, .proxyUntrusted, isSecure: true) }
        guard load < limits.connections else {
            return refuse(socket.descriptor, .total, isSecure: isSecure(socket.binding))
        }
        proxyDesk.take(socket, at: now)
    }

    private func isTrusted(_ socket: AcceptedSocket) -> Bool {
        if case .unix = addresses[socket.binding] { return true }
        return isTrusted(peer: socket.peer)
    }

    private func isTrusted(peer: String) -> Bool {
        // Without its zone.
        guard let address = IPAddress(peer.prefix { $0 != "%" }) else { return false }
        return options.trustedProxies.contains { $0.contains(address) }
    }

    /// Whether heads of requests may tell whom a proxy passes on: only where they are read here.
    private func readsForwardedFields(_ binding: Int) -> Bool {
        options.forwardedFields != .none && !isSecure(binding)
    }

    /// Takes a connection whose client a PROXY header has told.
    func identified(_ socket: AcceptedSocket, at now: Duration) {
        let isSecure = isSecure(socket.binding)
        var socket = socket
        // A header that tells nobody leaves nobody to be trusted.
        if readsForwardedFields(socket.binding), socket.network != .unknown, isTrusted(peer: socket.peer) {
            socket.awaitClient()
        }
        if let reason = refusal(of: socket, now: now) {
            return refuse(socket.descriptor, reason, isSecure: isSecure)
        }
        guard !isSecure, let desk else { return handOver(socket) }
        guard desk.hasRoom(at: now) else {
            left(socket)
            return refuse(socket.descriptor, .headCrowd, isSecure: false)
        }
        desk.take(socket, at: now)
    }

    /// Awaits the next request of a proxy's connection.
    private func takeBack(_ socket: AcceptedSocket) {
        let now = EventLoop.now
        guard !isStopped, !loop.isOver, let desk, desk.hasRoom(at: now), refusal(of: socket, now: now) == nil else {
            close(socket.descriptor)
            return
        }
        desk.take(socket, at: now)
    }

    /// Whether clients of a binding speak TLS.
    private func isSecure(_ binding: Int) -> Bool { services[service(of: binding)].contains(where: \.isSecure) }

    private func service(of binding: Int) -> Int { options.bindings[binding].service }

    private func refusal(of socket: AcceptedSocket, now: Duration) -> Refusal? {
        if options.isFull() { return .memory }
        // Checked first, so that no connection is dropped in favour of one that is refused.
        if !socket.isForwarding, let reason = admit(socket.network, at: now) { return reason }
        // Connections that have sent nothing must not keep others out.
        if load < limits.connections || desk?.giveWay(at: now) == true { return nil }
        if !socket.isForwarding { ledger.leave(socket.network) }
        return .total
    }

    /// Counts a client in, unless it has met a limit.
    private func admit(_ network: ClientNetwork, at now: Duration) -> Refusal? {
        if let reason = rates.admit(network, at: now) { return reason }
        return ledger.admit(network, limit: limits.perAddress) ? nil : .address
    }

    /// Finds out whom a proxy passes on with a request, and counts that client in unless it has met a limit.
    func identify(_ socket: inout AcceptedSocket, by head: RequestHead, at now: Duration) -> Refusal? {
        guard socket.isForwarding else { return nil }
        let client = ForwardedClient(of: head, by: options.forwardedFields, trusting: options.trustedProxies)
        forwardings.withLock { $0[client.origin, default: 0] += 1 }
        if let reason = admit(client.network, at: now) { return reason }
        socket.take(client)
        return nil
    }

    /// How many connections there are.
    private var load: Int {
        let served = services.joined().reduce(0) { $0 + $1.connections }
        return served + ready.count + (desk?.count ?? 0) + (proxyDesk?.count ?? 0)
    }

    /// Passes a connection to the shard with the fewest, in a batch with all others of this turn of the loop.
    func handOver(_ socket: AcceptedSocket) {
        ready.append(socket)
        if ready.count == 1 { loop.execute { [self] in handOverReady() } }
    }

    private func handOverReady() {
        guard !ready.isEmpty else { return }
        let shards = services[0].indices
        var loads = shards.map { shard in services.reduce(0) { $0 + $1[shard].connections } }
        var batches = services.map { [[AcceptedSocket]](repeating: [], count: $0.count) }
        for socket in ready {
            let emptiest = shards.min { loads[$0] < loads[$1] } ?? 0
            loads[emptiest] += 1
            batches[service(of: socket.binding)][emptiest].append(socket)
        }
        // A burst of connections leaves no memory behind.
        ready = []
        for (service, batches) in batches.enumerated() {
            for (shard, batch) in batches.enumerated() where !batch.isEmpty { services[service][shard].adopt(batch) }
        }
    }

    /// Counts the end of a connection that no server got.
    func left(_ socket: AcceptedSocket) { ledger.leave(socket.network) }

    /// Counts a connection that is refused.
    func count(_ reason: Refusal) { refusals.withLock { $0[reason, default: 0] += 1 } }

    private func refuse(_ descriptor: Int32, _ reason: Refusal, isSecure: Bool) {
        count(reason)
        // A TLS client would take an answer in plaintext for a broken handshake, and a whole handshake is what a limit
        // saves.
        if isSecure {
            close(descriptor)
        } else {
            reason.answer(descriptor)
        }
    }

    private func acceptOne(from binding: Int) -> AcceptedSocket? {
        let descriptor = sockets[binding].descriptor
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
            case EMFILE, ENFILE: if !shedOne(from: binding) { rest(binding) }
            case ENOBUFS, ENOMEM: rest(binding)
            default: break
            }
            return nil
        }
        if case .unix = addresses[binding] { options.applySendBuffer(to: accepted) }
        let (peer, network) = SocketAddress.peer(storage)
        return AcceptedSocket(descriptor: accepted, peer: peer, network: network, binding: binding)
    }

    /// Refuses one connection when no descriptors are left: otherwise it would stay queued, and the loop would spin on
    /// it.
    private func shedOne(from binding: Int) -> Bool {
        guard spare >= 0 else { return false }
        close(spare)
        let accepted = clws_accept(sockets[binding].descriptor, nil, nil)
        if accepted >= 0 {
            acceptedCount.add(1, ordering: .relaxed)
            refuse(accepted, .total, isSecure: isSecure(binding))
        }
        spare = unsafe open("/dev/null", O_RDONLY | O_CLOEXEC)
        return accepted >= 0
    }

    /// Pauses accepting: another thread took the spare descriptor, or the kernel is out of memory.
    private func rest(_ binding: Int) {
        watches[binding].start([])
        let isFirst = resting.isEmpty
        resting.insert(binding)
        guard isFirst else { return }
        let timer = pause ?? LoopTimer(on: loop) { [unowned self] in resume() }
        pause = timer
        timer.start(after: .milliseconds(100))
    }

    private func resume() {
        guard !isStopped else { return }
        if spare < 0 { spare = unsafe open("/dev/null", O_RDONLY | O_CLOEXEC) }
        let bindings = resting
        resting = []
        for binding in bindings { watches[binding].start(.reading) }
    }
}
