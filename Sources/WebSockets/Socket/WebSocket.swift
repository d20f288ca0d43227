internal import CLibuv
internal import CLibwebsockets
internal import Glibc
// MSG_NOSIGNAL: in a whole-module build the socket headers belong to the first C module that includes them.
internal import Wire

/// One connection, accepted or dialled; used on its loop's thread only.
///
/// It is `Sendable` unchecked, so that the loop's callbacks can pass it to the actor on the loop.
///
/// Frames bypass libwebsockets' framing: `push` writes them to the descriptor, or as a RAW write. Both are allowed on
/// the loop's thread at any time, as long as frames stay whole, since libwebsockets sends pongs and close frames
/// between its own writes.
@safe package final class WebSocket: @unchecked Sendable {
    enum Phase {
        case handshake, open
        /// We have queued a close frame, or the peer has sent one.
        case closing
        case closed
    }

    /// The most bytes of a TLS record (RFC 8446, section 5.1).
    private static let recordSize = 1 << 14

    private enum HangUp { case atOnce, afterCallback(wanted: Bool) }

    private final class StoredClosure {
        let value: WebSocketClosure

        init(_ value: WebSocketClosure) { self.value = value }
    }

    /// The limits of a connection, shared by all connections of a server or client.
    package struct Limits: Sendable {
        /// The largest message that is received, in bytes; a larger one is skipped, or closes with 1009.
        package var messageSize: Int
        /// The largest message that a dialled socket skips piece by piece, in bytes; with 0 none is skipped.
        ///
        /// A larger one closes with 1009 as soon as the head of a frame announces it.
        package var skipSize: Int
        /// The most bytes of replies, pings and close frames that wait for a peer which doesn't read; above that it is
        /// cut off.
        package var controlSize: Int

        /// Makes limits for a connection whose peer sends little.
        package init(messageSize: Int = 64 * 1024, skipSize: Int = 0, controlSize: Int = 64 * 1024) {
            self.messageSize = messageSize
            self.skipSize = skipSize
            self.controlSize = controlSize
        }
    }

    // `pushIfReady` reads these members. They come first, so that they share one prefetched piece of memory.

    /// libwebsockets' connection; nil before libwebsockets reports it, and after it reports the end.
    var wsi: OpaquePointer?
    /// Whole frames that wait for the kernel, in order; limited by `limits.controlSize`.
    var control: [UInt8] = []
    private(set) var descriptor: Int32 = -1
    var phase = Phase.handshake
    let isSecure: Bool
    /// True for a stream of server-sent events: frames are whole events, and the client sends nothing.
    package internal(set) var isStream = false
    let isClient: Bool
    /// Whether the server counts it among the connections of its peer's address.
    var isCounted = false
    /// Whether the loop measures how much its peer reads.
    var isMeasured = false
    /// True once nothing more is read, since the peer was told of the end and goes on sending.
    var hasStoppedReading = false
    /// How many bytes of a stream's `control` were sent, and where the rest of an event that was cut ends in it.
    var sentOfControl: UInt32 = 0
    var cutOfControl: UInt32 = 0
    /// What the peer had acknowledged at the last call of `hasAdvanced`.
    var acknowledged: UInt32 = 0
    /// Tells how an HTTP response hangs up: at once, or by the result of the request's callback that is running.
    private var hangUp = HangUp.atOnce

    /// For the owner's use, for example an index into its table; it isn't negative.
    package var token: Int {
        get { Int(storedToken) }
        set { storedToken = UInt32(newValue) }
    }
    /// Half as large as an `Int`, as the next one.
    private var storedToken: UInt32 = 0
    /// For the owner's use, for example a number that no other connection has.
    package var number: UInt32 = 0
    /// The peer's numeric address, without the port.
    package let peer: String

    let loop: EventLoop
    let delegate: any WebSocketDelegate
    /// What is needed only until the connection is open; nil from then on.
    private(set) var handshake: WebSocketHandshake? = WebSocketHandshake()
    /// The connection of a dialled socket, from the first attempt to its end; nil for an accepted one.
    var connection: ClientConnection?
    /// The server that adopted it.
    var server: WebSocketServer?
    /// Its handle in the loop's table; zero before it has one.
    var handle: UInt = 0
    /// The message of which only a part has arrived; nil between messages.
    var arriving: ArrivingMessage?
    /// How it ends, so far; most sockets are open, and keep nothing of it.
    var closure: WebSocketClosure {
        get { storedClosure.map(\.value) ?? WebSocketClosure() }
        set { storedClosure = StoredClosure(newValue) }
    }
    private var storedClosure: StoredClosure?

    /// The limits of its server, or of its client.
    var limits: Limits { server?.options.limits ?? connection?.limits ?? Limits() }

    init(
        on loop: EventLoop,
        delegate: any WebSocketDelegate,
        peer: String,
        client: WebSocketClient?,
        isSecure: Bool
    ) {
        self.loop = loop
        self.delegate = delegate
        self.peer = peer
        handshake?.client = client
        isClient = client != nil
        self.isSecure = isSecure
    }

    // Sending.

    /// True until a close frame was sent or received.
    package var isOpen: Bool { phase == .open }

    var isClosed: Bool { phase == .closed }

    /// True when `push` may be called: nothing waits, and no frame is cut.
    package var isReady: Bool {
        guard phase == .open, control.isEmpty, let wsi = unsafe wsi else { return false }
        return unsafe lws_partial_buffered(wsi) == 0
    }

    /// Hands whole frames to the kernel and returns how many bytes it took; only while `isReady`.
    ///
    /// When it took fewer, the caller must at once pass the rest of the frame that was cut to `finish`. `writable` is
    /// called when there is room again. For a server's frames only: a client's must be masked.
    ///
    /// - Parameter frames: A slice of an array, which owns its bytes, so that they can be kept until they are sent.
    package func push(_ frames: ArraySlice<UInt8>) -> Int {
        guard let wsi = unsafe wsi else { return 0 }
        let sent = unsafe frames.withUnsafeBytes { bytes in
            if isSecure { return unsafe pushRecords(bytes, through: wsi) }
            return unsafe clws_send(descriptor, bytes.baseAddress, bytes.count)
        }
        if sent == frames.count || isSecure { return sent }
        if sent < 0, errno != EAGAIN, errno != EINTR {
            terminate()
            return 0
        }
        unsafe lws_callback_on_writable(wsi)
        return max(0, sent)
    }

    /// `isReady` and `push` in one call; nil when it isn't ready.
    package func pushIfReady(_ frames: ArraySlice<UInt8>) -> Int? { isReady ? push(frames) : nil }

    /// Hands over one TLS record after the other, until one isn't sent whole.
    ///
    /// Until the kernel takes a record, OpenSSL keeps it and libwebsockets keeps a copy of its content. With more than
    /// one at a time each client that doesn't read would have a queue in memory. `writable` is called without being
    /// requested.
    func pushRecords(_ frames: UnsafeRawBufferPointer, through wsi: OpaquePointer) -> Int {
        var end = 0
        while end < frames.count, unsafe lws_partial_buffered(wsi) == 0 {
            let start = end
            end = min(start + Self.recordSize, frames.count)
            let record = unsafe UnsafeRawBufferPointer(rebasing: frames[start..<end])
            guard unsafe clws_write_raw(wsi, record.baseAddress, record.count) >= 0 else {
                terminate()
                return 0
            }
        }
        return end
    }

    /// Passes the rest of a cut frame to libwebsockets, so that nothing can be sent between its two parts.
    package func finish(_ rest: ArraySlice<UInt8>) {
        guard let wsi = unsafe wsi, !rest.isEmpty else { return }
        if isStream { return finishStream(rest) }
        let written = unsafe rest.withUnsafeBytes { unsafe clws_write_raw(wsi, $0.baseAddress, $0.count) }
        guard written >= 0 else { return terminate() }
        unsafe lws_callback_on_writable(wsi)
    }

    /// Requests a call of `writable`.
    package func requestWritable() {
        if let wsi = unsafe wsi { unsafe lws_callback_on_writable(wsi) }
    }

    /// Sends a text message after everything that waits.
    package func send(text: [UInt8]) {
        guard phase == .open else { return }
        enqueue(.text, text)
    }

    /// Sends a ping, whose answer is reported by `ponged`.
    ///
    /// To a stream it sends a comment, which is not answered.
    package func ping() {
        guard phase == .open else { return }
        if isStream { return send(event: Array(":\n\n".utf8)) }
        // Not an empty ping: libwebsockets 4.1.6 doesn't report a pong without a payload.
        enqueue(.ping, [0x70])
    }

    func enqueue(_ opcode: FrameHead.Opcode, _ payload: [UInt8]) {
        guard control.isEmpty || control.count + payload.count <= limits.controlSize else {
            closure.reason = "it doesn't read: \(control.count) bytes of replies wait"
            terminate()
            // Later, because the owner itself may be the caller.
            return loop.execute { [self] in tellOver() }
        }
        let mask = isClient ? UInt32.random(in: .min ... .max) : nil
        let frame = FrameHead.frame(opcode, payload, mask: mask)
        if control.isEmpty { control = frame } else { control += frame }
        flushControl()
    }

    private func flushControl() {
        if isStream { return flushStream() }
        if let connection { return flush(connection) }
        guard let wsi = unsafe wsi, !control.isEmpty else { return }
        if unsafe lws_partial_buffered(wsi) != 0 {
            unsafe lws_callback_on_writable(wsi)
            return
        }
        let frames = control
        control.removeAll(keepingCapacity: false)
        let written = unsafe frames.withUnsafeBytes { unsafe clws_write_raw(wsi, $0.baseAddress, $0.count) }
        if written < 0 { terminate() }
    }

    // Closing.

    /// Starts the close handshake: sends what waits, then the close frame.
    ///
    /// The connection is cut after the loop's close timeout. We write the frame ourselves, since libwebsockets 4.1.6 on
    /// libuv loses the code of `lws_close_reason` unless the connection is closed from its receive callback.
    package func close(_ code: UInt16, _ reason: String) {
        guard phase == .open else { return }
        if isStream { return endStream(code, reason) }
        closure.ownCode = code
        if closure.reason.isEmpty { closure.reason = reason }
        let room = limits.controlSize
        if control.count <= room {
            let mask = isClient ? UInt32.random(in: .min ... .max) : nil
            let frame = FrameHead.closeFrame(code, reason, mask: mask)
            control.append(contentsOf: frame)
        }
        phase = .closing
        loop.limitClosing(self)
        flushControl()
    }

    /// Cuts the connection; `closed` is called from the loop, never within this call.
    ///
    /// - Parameter reason: Why, for `closed`, if nothing else ended it before.
    package func terminate(because reason: String = "") {
        guard phase != .closed else { return }
        if phase == .open, closure.reason.isEmpty { closure.reason = reason }
        if phase == .open { phase = .closing }
        if let connection { return connection.cut() }
        if hasStoppedReading, let wsi = unsafe wsi {
            // libwebsockets doesn't watch for the end of a stream that it doesn't read.
            shutdown(descriptor, Int32(SHUT_RDWR))
            unsafe clws_discard(wsi)
        } else if descriptor >= 0 {
            // libwebsockets notices the end of the stream and closes the connection later, so that its state isn't
            // touched here.
            shutdown(descriptor, Int32(SHUT_RDWR))
        } else if let wsi = unsafe wsi {
            unsafe clws_kill(wsi)
        }
    }

    /// Cuts the connection with a TCP reset; what waits is lost, and `closed` is called from the loop.
    package func reset() {
        guard phase != .closed, descriptor >= 0 else { return terminate() }
        if phase == .open { phase = .closing }
        // On Linux, connecting a socket to AF_UNSPEC disconnects it, and sends the peer a reset.
        var nowhere = sockaddr()
        nowhere.sa_family = sa_family_t(AF_UNSPEC)
        let status = unsafe connect(descriptor, &nowhere, socklen_t(MemoryLayout<sockaddr>.size))
        // A Unix socket has no reset.
        if status != 0 { terminate() }
    }

    /// Runs a request's callback; true when its response ends the connection.
    func answering(_ body: () -> Void) -> Bool {
        hangUp = .afterCallback(wanted: false)
        body()
        defer { hangUp = .atOnce }
        if case .afterCallback(wanted: true) = hangUp { return true }
        return false
    }

    /// Ends the connection after an HTTP response: now, or by the result of the callback that is running.
    func hangUpAfterResponse() {
        switch hangUp {
        case .afterCallback: hangUp = .afterCallback(wanted: true)
        case .atOnce: if let wsi = unsafe wsi { unsafe clws_kill(wsi) }
        }
    }

    // Callbacks of libwebsockets.

    func bind(_ wsi: OpaquePointer) {
        if unsafe self.wsi == nil, phase != .closed { unsafe self.wsi = unsafe wsi }
    }

    func established(_ wsi: OpaquePointer) {
        unsafe self.wsi = unsafe wsi
        open(over: unsafe lws_get_socket_fd(wsi))
    }

    /// Completes the handshake.
    func open(over descriptor: Int32) {
        phase = .open
        self.descriptor = descriptor
        endHandshake()
    }

    private func endHandshake() {
        guard handshake != nil else { return }
        // A stream may begin while a watch looks for the client's leaving.
        endWatch()
        handshake = nil
        server?.handshakeEnded()
    }

    /// Goes on sending: the kernel has room, and libwebsockets keeps nothing.
    func becameWritable() {
        guard phase != .closed else { return }
        flushControl()
        guard isReady else { return }
        delegate.onLoop { $0.writable(self) }
    }

    func closed() {
        guard phase != .closed else { return }
        let wasOpened = descriptor >= 0
        phase = .closed
        unsafe wsi = nil
        endMeasurement()
        handshake?.endTransaction()
        arriving = nil
        handshake?.drain?.close()
        handshake?.leave()
        endWatch()
        let closure = closure
        if wasOpened { delegate.onLoop { $0.closed(self, closure) } }
    }

    /// Ends what measures how much the peer reads, before the descriptor is closed.
    func endMeasurement() {
        guard isMeasured else { return }
        isMeasured = false
        loop.localProgress?.forget(handle)
    }

    /// Ends the socket for good: its connection is gone, or was never made.
    func released() {
        closed()
        endHandshake()
        server?.left(isCounted ? ClientNetwork(of: peer) : .unknown)
        server = nil
    }
}
