internal import CLibuv
internal import CLibwebsockets
internal import Glibc

/// Measures how much the peers of Unix sockets read while more waits for them than the kernel takes; one for each loop.
///
/// The kernel counts the bytes of no Unix socket. It tells what its peer hasn't read yet, and when there is room again:
/// when at most a quarter of the send buffer is taken. By the time that this is handled libwebsockets may have filled
/// the buffer once more, so that each time counts for the rest of the buffer.
@safe final class LocalProgress: LoopResident {
    private final class Reader {
        let socket: WebSocket
        /// A duplicate, since libuv needs one for each watcher; negative when no descriptor was left.
        let descriptor: Int32
        var watch: SocketWatch?
        var read: UInt64 = 0
        var unread: Int
        /// Whether room is waited for.
        var isWatching = false

        init(_ socket: WebSocket, _ descriptor: Int32, unread: Int) {
            self.socket = socket
            self.descriptor = descriptor
            self.unread = unread
        }
    }

    /// How long room isn't waited for once there was some: a peer that keeps up has room all the time.
    private static let pause = Duration.milliseconds(20)

    private unowned let loop: EventLoop
    /// By the handle of the socket.
    private var readers: [UInt: Reader] = [:]
    private var timer: LoopTimer?

    init(on loop: EventLoop) { self.loop = loop }

    /// How many bytes the peer of a socket has read since the first call, about; nil unless it is a Unix socket.
    ///
    /// It never falls before `forget`.
    func read(_ socket: WebSocket, over descriptor: Int32) -> UInt64? {
        guard let unread = Self.unread(of: descriptor) else { return nil }
        let reader = readers[socket.handle] ?? add(socket, over: descriptor, unread: unread)
        reader.read += UInt64(max(0, reader.unread - unread))
        reader.unread = unread
        startWatching(reader)
        return reader.read
    }

    /// Forgets a socket.
    func forget(_ handle: UInt) {
        guard let reader = readers.removeValue(forKey: handle) else { return }
        close(reader)
    }

    func loopStops() {
        timer?.close()
        timer = nil
        for reader in readers.values { close(reader) }
        readers = [:]
    }

    private func add(_ socket: WebSocket, over descriptor: Int32, unread: Int) -> Reader {
        let reader = Reader(socket, fcntl(descriptor, F_DUPFD_CLOEXEC, 0), unread: unread)
        readers[socket.handle] = reader
        socket.isMeasured = true
        guard reader.descriptor >= 0 else { return reader }
        reader.watch = SocketWatch(reader.descriptor, on: loop) { [unowned self, unowned reader] in
            if $0.contains(.writing) { hasRoom(reader) }
        }
        return reader
    }

    private func close(_ reader: Reader) {
        reader.watch?.close()
        reader.watch = nil
        if reader.descriptor >= 0 { Glibc.close(reader.descriptor) }
    }

    private func startWatching(_ reader: Reader) {
        guard !reader.isWatching else { return }
        reader.isWatching = true
        reader.watch?.start(.writing)
    }

    private func hasRoom(_ reader: Reader) {
        let unread = Self.unread(of: reader.descriptor) ?? reader.unread
        let buffer = Int(SocketOption.get(reader.descriptor, SOL_SOCKET, SO_SNDBUF) ?? 0)
        reader.read += UInt64(max(reader.unread - unread, buffer / 4 * 3))
        reader.unread = unread
        reader.isWatching = false
        reader.watch?.start([])
        let timer = timer ?? LoopTimer(on: loop) { [unowned self] in goOn() }
        self.timer = timer
        timer.start(after: Self.pause)
    }

    /// Waits for room again where something still waits for it.
    private func goOn() {
        for reader in readers.values where reader.socket.isChoked { startWatching(reader) }
    }

    /// How many bytes the peer of a Unix socket hasn't read, with what the kernel adds to them; nil for other sockets.
    private static func unread(of descriptor: Int32) -> Int? {
        guard SocketOption.get(descriptor, SOL_SOCKET, SO_DOMAIN) == AF_UNIX else { return nil }
        var count: Int32 = 0
        return unsafe ioctl(descriptor, UInt(TIOCOUTQ), &count) == 0 ? Int(count) : nil
    }
}

extension WebSocket {
    /// Whether libwebsockets has bytes that the kernel hasn't taken.
    fileprivate var isChoked: Bool {
        guard let wsi = unsafe wsi else { return false }
        return unsafe lws_partial_buffered(wsi) != 0 || isStream && !control.isEmpty
    }
}

extension EventLoop {
    /// The loop's instance; nil when the loop stops.
    var localProgress: LocalProgress? { only { LocalProgress(on: self) } }
}
