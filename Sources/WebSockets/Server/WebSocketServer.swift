internal import CLibwebsockets
internal import Glibc
internal import Synchronization

/// The server side of one loop: adopts accepted descriptors, and speaks HTTP and WebSocket on them.
///
/// It lives as long as its loop. `adopt` runs on the loop's thread; any thread may read `connections`.
@safe package final class WebSocketServer: Sendable {
    /// What a server offers, and its limits.
    package struct Options: Sendable {
        /// The subprotocols that clients may choose; a client that offers none gets none.
        package var subprotocols: [String]
        /// The limits of each connection.
        package var limits = WebSocket.Limits()
        /// The read buffer of each connection in bytes, kept for its life.
        ///
        /// Control frames need 128; longer messages arrive in pieces.
        package var receiveBuffer = 128
        /// How long a client may take to send a request's head, or for the TLS handshake, in whole seconds.
        ///
        /// Without TLS the listener limits the first head. Over TLS a head may take 20 seconds after the handshake,
        /// because libwebsockets then applies its context's timeout again.
        package var headerTimeout = Duration.seconds(10)
        /// The certificate, with which all clients must speak TLS; nil serves plaintext.
        package var identity: ServerIdentity?
        /// The methods of plain requests that the delegate gets; others are answered with 405.
        ///
        /// GET and HEAD by default. The body of a POST may be as large as a message.
        package var methods: [HTTPRequest.Method] = [.get, .head]
        /// A hint for clients whose method is refused.
        package var methodHint: String?
        /// How long a client may take to send a body, in whole seconds.
        package var bodyTimeout = Duration.seconds(20)
        /// Counts unfinished messages and bodies together with other servers; nil sets no limit beyond that of each
        /// message.
        package var gathering: GatheringLedger?
        /// How fast clients have to read answers to plain requests that the kernel didn't take at once.
        package var pace = ReadingPace.Rule()

        /// Makes options for these subprotocols.
        package init(subprotocols: [String]) { self.subprotocols = subprotocols }
    }

    /// How many connections the server has, including those of plain HTTP.
    package var connections: Int { open.load(ordering: .relaxed) }

    /// How many clients were cut off because they read an answer too slowly.
    package var slowReaderCount: Int { slowReaders.load(ordering: .relaxed) }

    /// What requests and handshakes were answered with.
    package let responses = ResponseCounts()

    /// True when clients speak TLS.
    package var isSecure: Bool { options.identity != nil }

    /// How many TLS handshakes were begun, and how many completed; the others failed or are under way.
    package var handshakes: (begun: Int, completed: Int) {
        guard let tls = unsafe tls else { return (0, 0) }
        return unsafe (clws_handshakes_begun(tls), clws_handshakes_completed(tls))
    }

    /// How many handshakes failed because of the client's certificate, for a reason; 0 where none is asked for.
    package func refused(_ refusal: CertificateRefusal) -> Int {
        guard let tls = unsafe tls else { return 0 }
        return unsafe clws_clients_refused(tls, Int32(refusal.reason.rawValue))
    }

    /// Whether clients are asked for certificates.
    package var asksClients: Bool { options.identity?.asksClients == true }

    let options: Options
    private let loop: EventLoop
    private let delegate: any WebSocketServerDelegate
    private nonisolated(unsafe) let vhost: OpaquePointer
    private let open = Atomic(0)
    let slowReaders = Atomic(0)
    private let ledger: ConnectionLedger?
    /// The vhost's OpenSSL context, which lives as long as the vhost; nil serves plaintext.
    private nonisolated(unsafe) let tls: UnsafeMutablePointer<clws_tls_t>?
    private let gate = Mutex(HandshakeGate())
    /// Where proxies' connections go after an answer; nil without a listener that wants them.
    private let taker = Mutex<(@Sendable (AcceptedSocket) -> Void)?>(nil)
    /// Runs while connections wait at the gate; loop only.
    private nonisolated(unsafe) var ticker: LoopTimer?

    /// The protocol's name for connections without a subprotocol, and for plain HTTP.
    ///
    /// No client can offer it, since a subprotocol contains no space (RFC 6455, section 4.1).
    static let plainProtocol = "no subprotocol"

    /// Starts to serve on a loop; call it on the loop's thread.
    package init(
        on loop: EventLoop,
        delegate: any WebSocketServerDelegate,
        options: Options,
        ledger: ConnectionLedger? = nil
    ) throws(WebSocketError) {
        self.loop = loop
        self.delegate = delegate
        self.options = options
        self.ledger = ledger
        // Names and table live as long as the loop, because libwebsockets keeps pointers to both.
        let names = [Self.plainProtocol] + options.subprotocols
        let pointers = UnsafeMutablePointer<UnsafePointer<CChar>?>.allocate(capacity: names.count)
        for (index, name) in names.enumerated() { unsafe pointers[index] = UnsafePointer(strdup(name)) }
        let table = UnsafeMutablePointer<lws_protocols>.allocate(capacity: names.count + 1)
        let protocolOptions = unsafe clws_protocol_options(
            callback: websocketsCallback,
            receive_buffer: max(128, options.receiveBuffer),
            // Otherwise every write is cut into pieces of the receive buffer's size, with a turn of epoll for each.
            transmit_packet: 1 << 20
        )
        unsafe tls = options.identity.map { identity in
            let tls = UnsafeMutablePointer<clws_tls_t>.allocate(capacity: 1)
            unsafe SSL_CTX_up_ref(identity.context)
            unsafe tls.initialize(to: clws_tls_t())
            unsafe tls.pointee.identity = identity.context
            return unsafe tls
        }
        let tls = unsafe tls
        loop.whenOver {
            for index in names.indices { unsafe free(UnsafeMutablePointer(mutating: pointers[index])) }
            unsafe pointers.deallocate()
            unsafe table.deallocate()
            guard let tls = unsafe tls else { return }
            unsafe SSL_CTX_free(tls.pointee.identity)
            unsafe tls.deallocate()
        }
        guard let context = unsafe loop.context,
            let vhost = unsafe clws_create_server_vhost(
                context,
                table,
                pointers,
                Int32(names.count),
                protocolOptions,
                UInt32(clamping: options.headerTimeout.wholeSeconds),
                tls
            )
        else { throw .loopUnavailable("libwebsockets can't make a server") }
        unsafe self.vhost = vhost
    }

    /// Takes over accepted descriptors; any thread may call it.
    package func adopt(_ sockets: [AcceptedSocket]) {
        open.add(sockets.count, ordering: .relaxed)
        // Without TLS there is no handshake to wait for: the head is known, and adopting it completes the upgrade.
        guard isSecure else { return loop.execute { [self] in sockets.forEach(adopt) } }
        gate.withLock { $0.arrive(sockets) }
        loop.execute { [self] in admit() }
    }

    /// Begins the handshakes that the gate admits, and at least `minimum` if so many wait.
    private func admit(atLeast minimum: Int = 0) {
        var owed = minimum
        while let socket = gate.withLock({ $0.next(isOpen: owed > 0 || loop.isOver) }) {
            owed -= 1
            adopt(socket)
        }
        guard gate.withLock({ $0.isCrowded }) else {
            unsafe ticker?.close()
            unsafe ticker = nil
            return
        }
        guard unsafe ticker == nil else { return }
        let timer = LoopTimer(on: loop) { [weak self] in self?.tick() }
        unsafe ticker = timer
        timer.start(after: HandshakeGate.tick)
    }

    private func tick() {
        admit(atLeast: HandshakeGate.trickle)
        unsafe ticker?.start(after: HandshakeGate.tick)
    }

    /// Notes that a handshake was completed or has failed.
    func handshakeEnded() {
        guard isSecure, gate.withLock({ $0.leave() }) else { return }
        // Not within libwebsockets' callback, since adopting calls libwebsockets.
        loop.execute { [self] in admit() }
    }

    /// Uses another certificate from the next handshake on; any thread may call it.
    ///
    /// Existing connections stay. It does nothing for a server that was made without an identity.
    package func present(_ identity: ServerIdentity) {
        loop.execute { [self] in
            guard let tls = unsafe tls else { return }
            let former = unsafe tls.pointee.identity
            unsafe SSL_CTX_up_ref(identity.context)
            unsafe tls.pointee.identity = unsafe identity.context
            unsafe SSL_CTX_free(former)
            unsafe _ = clws_ask_clients(tls)
        }
    }

    private func adopt(_ accepted: AcceptedSocket) {
        guard !loop.isOver else {
            if isSecure { _ = gate.withLock { $0.leave() } }
            left(accepted.network)
            close(accepted.descriptor)
            return
        }
        let socket = WebSocket(
            on: loop,
            delegate: delegate,
            peer: accepted.peer,
            client: nil,
            isSecure: isSecure
        )
        socket.server = self
        socket.isCounted = accepted.isCounted
        socket.handshake?.binding = accepted.binding
        socket.handshake?.request = accepted.upgrade
        if let proxied = accepted.proxied {
            socket.handshake?.usesHTTPS = proxied.usesHTTPS
            socket.handshake?.returning = proxied.readBytes.map {
                ReturningConnection(proxy: proxied.proxy, readBytes: $0)
            }
        }
        // When adoption fails, libwebsockets closes the descriptor and destroys what it had made: now, later, or
        // without any callback.
        if let wsi = unsafe adopt(accepted, as: socket) {
            unsafe socket.bind(wsi)
        } else {
            loop.forget(socket)
        }
    }

    private func adopt(_ accepted: AcceptedSocket, as socket: WebSocket) -> OpaquePointer? {
        let handle = unsafe loop.remember(socket)
        guard !accepted.head.isEmpty else {
            return unsafe clws_adopt(vhost, accepted.descriptor, isSecure ? 1 : 0, handle)
        }
        socket.handshake?.isJudged = true
        unsafe loop.adopting = unsafe handle
        defer { unsafe loop.adopting = nil }
        return unsafe accepted.head.withUnsafeBytes { head in
            unsafe lws_adopt_socket_vhost_readbuf(vhost, accepted.descriptor, head.baseAddress, head.count)
        }
    }

    /// Gives a socket's descriptor to libwebsockets as a raw connection; nil when that fails, and the descriptor is
    /// closed.
    func adoptRaw(_ descriptor: Int32, for socket: WebSocket) -> OpaquePointer? {
        unsafe clws_adopt_raw(vhost, descriptor, UnsafeMutableRawPointer(bitPattern: socket.handle))
    }

    /// Has a listener take the connections of proxies back, whose requests tell their clients.
    func giveBack(to taker: @escaping @Sendable (AcceptedSocket) -> Void) { self.taker.withLock { $0 = taker } }

    /// Gives a connection back whose request was answered.
    func giveBack(_ socket: AcceptedSocket) {
        guard let taker = taker.withLock({ $0 }) else {
            close(socket.descriptor)
            return
        }
        taker(socket)
    }

    /// Counts the end of a connection; its network is unknown when it didn't count there.
    func left(_ network: ClientNetwork) {
        open.subtract(1, ordering: .relaxed)
        ledger?.leave(network)
    }
}
