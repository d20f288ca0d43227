internal import CLibuv
internal import CLibwebsockets
internal import Glibc
internal import Wire

/// Reads the PROXY protocol's header of connections that have to begin with one; used on the listener's loop only.
///
/// It takes the bytes of the header and no more: what follows is for whoever reads a request's head, or for TLS.
final class ProxyDesk {
    /// How many headers may be arriving, and for how long.
    struct Limits {
        /// The most headers that may be arriving; further connections are refused.
        var waiting = 1024
        /// How long a header may take.
        var timeout = Duration.seconds(5)
    }

    private unowned let listener: Listener
    private let loop: EventLoop
    private let limits: Limits
    private var arriving = WaitingLine<ArrivingProxyHeader>()
    /// What was last read, from any connection.
    private var buffer = [UInt8](repeating: 0, count: ProxyHeader.maximumSize)
    private var timer: LoopTimer?

    init(_ listener: Listener, on loop: EventLoop, limits: Limits) {
        self.listener = listener
        self.loop = loop
        self.limits = limits
    }

    /// How many headers are arriving.
    var count: Int { arriving.count }

    /// Takes a connection that was accepted.
    func take(_ socket: AcceptedSocket, at now: Duration) { read(ArrivingProxyHeader(socket), at: now) }

    /// Reads as far as bytes have arrived.
    private func read(_ header: ArrivingProxyHeader, at now: Duration) {
        let count = recv(header, Int32(MSG_PEEK), atMost: buffer.count - header.bytes.count)
        guard count > 0 else {
            if count < 0, errno == EAGAIN || errno == EINTR { return wait(header, at: now) }
            return drop(header, .proxyHeader)
        }
        let known = header.bytes.count
        header.bytes += buffer[..<count]
        do throws(ProxyHeaderError) {
            let bytes = header.bytes
            let parsed = try ProxyHeader(bytes.span)
            // All that has come belongs to a header that isn't complete.
            _ = recv(header, 0, atMost: parsed.map { $0.size - known } ?? count)
            guard let parsed else { return wait(header, at: now) }
            leave(header)
            listener.identified(header.socket.told(parsed.client), at: now)
        } catch {
            drop(header, .proxyHeader)
        }
    }

    private func recv(_ header: ArrivingProxyHeader, _ flags: Int32, atMost count: Int) -> Int {
        unsafe buffer.withUnsafeMutableBytes { bytes in
            unsafe Glibc.recv(header.socket.descriptor, bytes.baseAddress, count, flags | Int32(MSG_DONTWAIT))
        }
    }

    private func wait(_ header: ArrivingProxyHeader, at now: Duration) {
        guard header.watch == nil else { return }
        guard arriving.count < limits.waiting else { return drop(header, .proxyCrowd) }
        header.place = arriving.append(header, from: header.socket.network, at: now)
        // The watch and the header refer to each other until `leave`.
        let watch = SocketWatch(header.socket.descriptor, on: loop) { [unowned self] in changed(header, $0) }
        header.watch = watch
        watch.start(.reading)
        if arriving.count == 1 { watchTime(until: now + limits.timeout) }
    }

    private func changed(_ header: ArrivingProxyHeader, _ readiness: SocketWatch.Readiness) {
        guard header.watch != nil else { return }
        if !readiness.isDisjoint(with: [.failed, .stopped]) { return drop(header, .proxyHeader) }
        read(header, at: EventLoop.now)
    }

    /// Gives up a connection's place in the line; the descriptor stays open.
    private func leave(_ header: ArrivingProxyHeader) {
        guard let watch = header.watch else { return }
        header.watch = nil
        watch.close()
        arriving.remove(header.place)
    }

    /// Closes a connection without an answer: whoever is there may not speak HTTP.
    private func drop(_ header: ArrivingProxyHeader, _ reason: Listener.Refusal) {
        listener.count(reason)
        leave(header)
        close(header.socket.descriptor)
    }

    /// Ends all connections, because the listener stops.
    func closeAll() {
        for header in arriving.all { drop(header, .stopping) }
        timer?.close()
        timer = nil
    }

    private func watchTime(until due: Duration) {
        let timer = timer ?? LoopTimer(on: loop) { [unowned self] in timePassed() }
        self.timer = timer
        timer.start(after: due - EventLoop.now)
    }

    private func timePassed() {
        let now = EventLoop.now
        while let (header, since) = arriving.first, since + limits.timeout <= now { drop(header, .proxyTimeout) }
        if let (_, since) = arriving.first { watchTime(until: since + limits.timeout) }
    }
}

/// A connection whose PROXY header is arriving.
private final class ArrivingProxyHeader {
    let socket: AcceptedSocket
    /// What has been read of it.
    var bytes: [UInt8] = []
    var place = 0
    /// Nil before it has to wait, and after.
    var watch: SocketWatch?

    init(_ socket: AcceptedSocket) { self.socket = socket }
}

extension AcceptedSocket {
    /// The same with the client whom a proxy tells; without one the proxy itself is the client, and counts nowhere.
    fileprivate func told(_ client: IPAddress?) -> AcceptedSocket {
        var socket = self
        socket.network = .unknown
        if let client {
            socket.peer = client.description
            socket.network = ClientNetwork(client)
        }
        return socket
    }
}
