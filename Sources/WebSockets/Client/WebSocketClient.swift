internal import CLibuv
internal import CLibwebsockets
internal import Glibc
package import Wire

/// Dials one WebSocket: resolves the name off the loop, then tries each address in turn; or goes through a proxy.
///
/// Used on the loop's thread only. One object is one dial; it ends in `dialled` or `dialFailed`, once, or in nothing
/// after `abandon`.
package final class WebSocketClient: @unchecked Sendable {
    /// Whom to call, and how.
    package struct Target: Sendable {
        /// True for wss.
        package var isSecure: Bool
        /// A name or a numeric address, without brackets.
        package var host: String
        /// The TCP port.
        package var port: UInt16
        /// The path and query; it starts with a slash.
        package var path: String
        /// The subprotocols to offer, in order of preference.
        package var subprotocols: [String]
        /// Further headers of the handshake, which stay on their lines.
        package var headers: [HTTPField]
        /// A PEM file of the authorities to trust instead of the system's.
        package var authorityFile: String?
        /// The certificate to show to a server that asks for one; none by default.
        package var identity: TLSIdentity?
        /// Limits of the connection.
        package var limits: WebSocket.Limits
        /// How long an address may take to connect while there are others to try; 5 s by default.
        package var addressTimeout = Duration.seconds(5)
        /// Tried instead of what the host's name, or the proxy's, resolves to, for tests; empty by default.
        var knownAddresses: [String] = []
        /// Where a proxy is looked up; the process's environment by default.
        package var proxies = ProxyEnvironment()

        /// Makes a target without further headers.
        package init(
            isSecure: Bool,
            host: String,
            port: UInt16,
            path: String,
            subprotocols: [String],
            headers: [HTTPField] = [],
            authorityFile: String? = nil,
            limits: WebSocket.Limits = WebSocket.Limits(messageSize: 16 << 20, controlSize: 16 << 20)
        ) {
            self.isSecure = isSecure
            self.host = host
            self.port = port
            self.path = path
            self.subprotocols = subprotocols
            self.headers = headers
            self.authorityFile = authorityFile
            self.limits = limits
        }
    }

    private enum State {
        /// Nil before it has begun.
        case resolving(NameLookup?)
        case dialling(remaining: ArraySlice<String>)
        case over
    }

    let target: Target
    private let loop: EventLoop
    private let delegate: any WebSocketClientDelegate
    private var state = State.resolving(nil)
    private var proxy: Proxy?
    private var tunnel: ProxyTunnel?
    private var socket: WebSocket?
    private var lastFailure: WebSocketError?
    private var timer: LoopTimer?

    /// Starts to dial.
    ///
    /// The delegate must live on `loop`; it is called later, never from within.
    package init(on loop: EventLoop, to target: Target, delegate: any WebSocketClientDelegate) {
        self.loop = loop
        self.target = target
        self.delegate = delegate
        do throws(WebSocketError) {
            if let flaw = target.flaw { throw .dialFailed(reason: flaw, status: nil) }
            proxy = try target.proxies.proxy(for: target.isSecure ? "wss" : "ws", host: target.host)
            resolve()
        } catch {
            loop.execute { [self] in
                if case .resolving = state { fail(error) }
            }
        }
    }

    /// What it waits for, in words; nil when it is over.
    package var progress: String? {
        switch state {
        case .resolving: "resolving \(proxy.map { "the proxy \($0)" } ?? target.host)"
        case .dialling:
            tunnel?.progress
                ?? socket.map { socket in
                    let hint = socket.connection?.isAsking == true ? DialFailure.hint(on: target.headers) : ""
                    return "waiting for \(socket.peer) to complete the handshake\(hint)"
                }
        case .over: nil
        }
    }

    /// Gives up: the delegate hears no more of it.
    ///
    /// A socket that is open already is left alone.
    package func abandon() {
        if case .resolving(let lookup) = state { lookup?.cancel() }
        tunnel?.cancel()
        over()
        guard let socket, !socket.isOpen else { return }
        self.socket = nil
        socket.terminate()
    }

    /// Behind a proxy it is that whose address is needed.
    private func resolve() {
        let host = proxy?.host ?? target.host
        let lookup = NameLookup(of: host, known: target.knownAddresses, on: loop) { [self] result in
            guard case .resolving = state else { return }
            switch (result, proxy) {
            case (.failure(.unresolvable(_, let reason)), let proxy?):
                fail(.dialFailed(reason: "can't resolve the proxy \(proxy): \(reason)", status: nil))
            case (.failure(let error), _): fail(error)
            case (.success(let addresses), _):
                state = .dialling(remaining: addresses[...])
                dialNext()
            }
        }
        state = .resolving(lookup)
    }

    private func dialNext() {
        guard case .dialling(var remaining) = state else { return }
        guard let address = remaining.popFirst() else {
            fail(lastFailure ?? .dialFailed(reason: "\(target.host) has no address", status: nil))
            return
        }
        state = .dialling(remaining: remaining)
        if let proxy { openTunnel(through: proxy, at: address) } else { dial(address, peer: address) }
        limitConnecting()
    }

    private func openTunnel(through proxy: Proxy, at address: String) {
        let server = Proxy.authority(target.host, target.port)
        tunnel = ProxyTunnel(on: loop, through: proxy, at: address, to: server) { [self] result in
            tunnel = nil
            timer?.stop()
            switch result {
            case .success(let descriptor):
                state = .dialling(remaining: [])
                dial("127.0.0.1", over: descriptor, peer: "\(server) behind the proxy \(proxy)")
            case .failure(.unreachable(let error)): failed(error)
            case .failure(.refused(let error)): fail(error)
            }
        }
    }

    /// Dials an address, or takes over a connection to it.
    private func dial(_ address: String, over connection: Int32? = nil, peer: String) {
        guard unsafe loop.context != nil, !loop.isOver, let handshake = ClientHandshake(target) else {
            if let connection { close(connection) }
            return fail(.loopUnavailable("the event loop has no sockets"))
        }
        let descriptor = connection ?? OutgoingSocket.connecting(to: address, target.port)
        guard descriptor >= 0 else {
            return failed(.dialFailed(reason: "\(peer) can't be reached: \(errnoText(errno))", status: nil))
        }
        let socket = WebSocket(
            on: loop,
            delegate: delegate,
            peer: peer,
            client: self,
            isSecure: target.isSecure
        )
        self.socket = socket
        socket.connection = ClientConnection(socket, over: descriptor, to: target, handshake)
    }

    /// An address that doesn't answer leaves the others their turn; the last one has all of the time that is left.
    private func limitConnecting() {
        guard case .dialling(let remaining) = state, !remaining.isEmpty else { return }
        let timer =
            self.timer
            ?? LoopTimer(on: loop) { [unowned self] in
                if let tunnel { tunnel.giveUp() } else { socket?.connection?.giveUp() }
            }
        self.timer = timer
        timer.start(after: target.addressTimeout)
    }

    func succeeded(_ socket: WebSocket, subprotocol: String?) {
        guard case .dialling = state else {
            socket.terminate()
            return
        }
        over()
        self.socket = nil
        delegate.onLoop { $0.dialled(socket, subprotocol: subprotocol) }
    }

    func failed(_ error: WebSocketError) {
        guard case .dialling = state else { return }
        lastFailure = error
        socket = nil
        timer?.stop()
        if case .loopUnavailable = error { return fail(error) }
        dialNext()
    }

    private func over() {
        state = .over
        tunnel = nil
        timer?.close()
        timer = nil
    }

    private func fail(_ error: WebSocketError) {
        over()
        delegate.onLoop { $0.dialFailed(self, error) }
    }
}

extension WebSocketClient.Target {
    /// The server's name and port, as a request names it.
    var authority: String {
        let name = host.contains(":") ? "[\(host)]" : host
        return port == (isSecure ? 443 : 80) ? name : "\(name):\(port)"
    }

    /// The name that its certificate is for; never empty, since no name is checked then.
    ///
    /// A dot at the end, which says that a name is whole, is for DNS alone (RFC 6066, section 3).
    var certificateName: String { host.last == "." && host != "." ? String(host.dropLast()) : host }

    /// Headers of which a request has one, by which it is a handshake, and those that announce a body.
    private static let ownHeaders: Set = [
        "upgrade", "connection", "sec-websocket-key", "sec-websocket-version", "sec-websocket-extensions",
        "content-length", "transfer-encoding",
    ]

    /// What would break out of its place in the handshake; nil when all of it may be sent.
    fileprivate var flaw: String? {
        let isPlain = { (text: String, lowest: UInt8) in text.utf8.allSatisfy { $0 >= lowest && $0 != 0x7F } }
        if host.isEmpty || !isPlain(host, 0x21) { return "the host has characters that no host has" }
        if !path.hasPrefix("/") || !isPlain(path, 0x21) { return "the path must start with / and have no spaces" }
        if let name = subprotocols.first(where: { $0.isEmpty || !isPlain($0, 0x21) || $0.contains(",") }) {
            return "\(name.debugDescription) is no subprotocol"
        }
        for header in headers {
            if let flaw = header.flaw { return flaw }
            if Self.ownHeaders.contains(header.name.lowercased()) {
                return "the header \(header.name) is the handshake's own"
            }
        }
        let size = ClientHandshake(self, key: "").request.count
        guard size < ClientHandshake.maximumSize else {
            return "the handshake would take \(size) bytes, more than \(ClientHandshake.maximumSize)"
        }
        if let authorityFile, unsafe access(authorityFile, R_OK) != 0 {
            return "can't read the CA file \(authorityFile): \(errnoText(errno))"
        }
        return identity?.flaw
    }
}
