internal import CLibuv
internal import CLibwebsockets
internal import Glibc

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
        /// Further headers of the handshake; names and values without control characters.
        package var headers: [(name: String, value: String)]
        /// A PEM file of the authorities to trust instead of the system's.
        package var authorityFile: String?
        /// Limits of the connection.
        package var limits: WebSocket.Limits
        /// Where a proxy is looked up; the process's environment by default.
        package var proxies = ProxyEnvironment()

        /// Makes a target without further headers.
        package init(
            isSecure: Bool,
            host: String,
            port: UInt16,
            path: String,
            subprotocols: [String],
            headers: [(name: String, value: String)] = [],
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
        case resolving
        case tunnelling(ProxyTunnel)
        case dialling(remaining: ArraySlice<String>)
        case over
    }

    let target: Target
    private let loop: EventLoop
    private let delegate: any WebSocketClientDelegate
    private var state = State.resolving
    private var socket: WebSocket?
    private var lastFailure: WebSocketError?

    /// Starts to dial.
    ///
    /// The delegate must live on `loop`; it is called later, never from within.
    package init(on loop: EventLoop, to target: Target, delegate: any WebSocketClientDelegate) {
        self.loop = loop
        self.target = target
        self.delegate = delegate
        do throws(WebSocketError) {
            if let flaw = target.flaw { throw .dialFailed(reason: flaw, status: nil) }
            if let proxy = try target.proxy { tunnel(through: proxy) } else { resolve() }
        } catch {
            loop.execute { [self] in
                if case .resolving = state { fail(error) }
            }
        }
    }

    /// What it waits for, in words; nil when it is over.
    package var progress: String? {
        switch state {
        case .resolving: "resolving \(target.host)"
        case .tunnelling(let tunnel): tunnel.progress
        case .dialling: socket.map { "waiting for \($0.peer) to complete the handshake" }
        case .over: nil
        }
    }

    /// Gives up: the delegate hears no more of it.
    ///
    /// A socket that is open already is left alone.
    package func abandon() {
        if case .tunnelling(let tunnel) = state { tunnel.cancel() }
        state = .over
        guard let socket, !socket.isOpen else { return }
        self.socket = nil
        socket.terminate()
    }

    private func resolve() {
        NameResolution.resolve(target.host, on: loop) { [self] result in
            guard case .resolving = state else { return }
            switch result {
            case .failure(let error): fail(error)
            case .success(let addresses):
                state = .dialling(remaining: addresses[...])
                dialNext()
            }
        }
    }

    /// The target's name is left to the proxy.
    private func tunnel(through proxy: Proxy) {
        let authority = Proxy.authority(target.host, target.port)
        let tunnel = ProxyTunnel(on: loop, through: proxy, to: authority) { [self] result in
            switch result {
            case .failure(let error): fail(error)
            case .success(let descriptor):
                state = .dialling(remaining: [])
                dial("127.0.0.1", over: descriptor, peer: "\(authority) behind the proxy \(proxy)")
            }
        }
        state = .tunnelling(tunnel)
    }

    private func dialNext() {
        guard case .dialling(var remaining) = state else { return }
        guard let address = remaining.popFirst() else {
            fail(lastFailure ?? .dialFailed(reason: "\(target.host) has no address", status: nil))
            return
        }
        state = .dialling(remaining: remaining)
        dial(address, peer: address)
    }

    /// Dials an address, or takes over a connection to it.
    ///
    /// libwebsockets 4.1.6 can't be given a client's connection. So it is made to dial a port where nobody is, and before
    /// the loop first looks at that socket, which goes on connecting meanwhile, it is replaced.
    private func dial(_ address: String, over connection: Int32? = nil, peer: String) {
        defer { if let connection { close(connection) } }
        guard let context = unsafe loop.context, let vhost = unsafe loop.clientVhost(trusting: target.authorityFile)
        else {
            fail(.loopUnavailable("libwebsockets can't make a client: is the CA file readable?"))
            return
        }
        let socket = WebSocket(
            on: loop,
            delegate: delegate,
            peer: peer,
            limits: target.limits,
            client: self,
            isSecure: target.isSecure
        )
        self.socket = socket
        let port = connection == nil ? target.port : Self.unusedPort
        let wsi = unsafe dial(context, vhost, address, port, loop.remember(socket))
        // A connection that fails at once is told by the missing result only; its callback, if any, comes too late.
        guard let wsi = unsafe wsi else { return loop.forget(socket) }
        unsafe socket.bind(wsi)
        if let connection, unsafe clws_replace(lws_get_socket_fd(wsi), connection) < 0 { socket.terminate() }
    }

    /// tcpmux of RFC 1078, which nobody runs.
    private static let unusedPort: UInt16 = 1

    private func dial(
        _ context: OpaquePointer,
        _ vhost: OpaquePointer,
        _ address: String,
        _ port: UInt16,
        _ opaque: UnsafeMutableRawPointer?
    ) -> OpaquePointer? {
        let isDefaultPort = target.port == (target.isSecure ? 443 : 80)
        let name = target.host.contains(":") ? "[\(target.host)]" : target.host
        let host = isDefaultPort ? name : "\(name):\(target.port)"
        let offered = target.subprotocols.joined(separator: ",")
        return unsafe address.withCString { address in
            unsafe target.path.withCString { path in
                unsafe host.withCString { host in
                    unsafe offered.withCString { offered in
                        EventLoop.clientProtocolName.withUTF8Buffer { local in
                            unsafe clws_dial(
                                context,
                                clws_dial_t(
                                    vhost: vhost,
                                    address: address,
                                    port: Int32(port),
                                    path: path,
                                    host: host,
                                    origin: nil,
                                    subprotocols: target.subprotocols.isEmpty ? nil : offered,
                                    local_protocol: UnsafeRawPointer(local.baseAddress)?
                                        .assumingMemoryBound(to: CChar.self),
                                    secure: target.isSecure ? 1 : 0,
                                    opaque: opaque
                                )
                            )
                        }
                    }
                }
            }
        }
    }

    func succeeded(_ socket: WebSocket, subprotocol: String?) {
        guard case .dialling = state else {
            socket.terminate()
            return
        }
        state = .over
        self.socket = nil
        delegate.assumeIsolated { $0.dialled(socket, subprotocol: subprotocol) }
    }

    func failed(_ error: WebSocketError) {
        guard case .dialling = state else { return }
        lastFailure = error
        socket = nil
        dialNext()
    }

    private func fail(_ error: WebSocketError) {
        state = .over
        delegate.assumeIsolated { $0.dialFailed(self, error) }
    }
}

extension WebSocketClient.Target {
    /// The proxy that the environment names for it.
    fileprivate var proxy: Proxy? {
        get throws(WebSocketError) {
            guard let proxy = try proxies.proxy(for: isSecure ? "wss" : "ws", host: host) else { return nil }
            guard proxy.scheme == "http" else {
                throw .dialFailed(
                    reason: "the proxy \(proxy) can't be used: WebSockets go through proxies of http:// only",
                    status: nil
                )
            }
            return proxy
        }
    }

    /// What would break out of its place in the handshake; nil when all of it may be sent.
    fileprivate var flaw: String? {
        let isPlain = { (text: String, lowest: UInt8) in text.utf8.allSatisfy { $0 >= lowest && $0 != 0x7F } }
        if host.isEmpty || !isPlain(host, 0x21) { return "the host has characters that no host has" }
        if !path.hasPrefix("/") || !isPlain(path, 0x21) { return "the path must start with / and have no spaces" }
        if let name = subprotocols.first(where: { $0.isEmpty || !isPlain($0, 0x21) || $0.contains(",") }) {
            return "\(name.debugDescription) is no subprotocol"
        }
        for header in headers {
            let isName = !header.name.isEmpty && isPlain(header.name, 0x21) && !header.name.contains(":")
            guard isName, isPlain(header.value, 0x20) else {
                return "the header \(header.name.debugDescription) has characters that no header has"
            }
        }
        if let authorityFile, unsafe access(authorityFile, R_OK) != 0 {
            return "can't read the CA file \(authorityFile): \(errnoText(errno))"
        }
        return nil
    }
}

/// The handshake, as a client sees it.
extension WebSocket {
    func appendHandshakeHeaders(_ cursor: UnsafeMutableRawPointer?, _ room: Int) -> Int32 {
        guard let client = handshake?.client,
            let cursor = unsafe cursor?.assumingMemoryBound(to: UnsafeMutablePointer<UInt8>.self)
        else {
            return 0
        }
        var block: [UInt8] = []
        for header in client.target.headers { block += Array("\(header.name): \(header.value)\r\n".utf8) }
        guard block.count < room else { return -1 }
        unsafe block.withUnsafeBufferPointer { bytes in
            guard let base = bytes.baseAddress else { return }
            unsafe cursor.pointee.update(from: base, count: bytes.count)
        }
        unsafe cursor.pointee += block.count
        return 0
    }

    func noteSubprotocol(_ wsi: OpaquePointer) {
        handshake?.subprotocol = unsafe header(WSI_TOKEN_PROTOCOL, of: wsi)
    }

    func connected(_ wsi: OpaquePointer) {
        guard let handshake, let client = handshake.client else { return }
        unsafe established(wsi)
        client.succeeded(self, subprotocol: handshake.subprotocol)
    }
}
