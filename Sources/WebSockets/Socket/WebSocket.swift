internal import CLibuv
internal import CLibwebsockets
internal import Glibc
// MSG_NOSIGNAL: in a whole-module build the socket headers belong to the first C module that includes them.
internal import Wire

/// One connection, accepted or dialled; used on its loop's thread only.
///
/// Sendable without a check, so that the loop's callbacks can take it into the actor that lives on the loop.
///
/// Ready frames go past libwebsockets' framing: to the descriptor itself with `push`, or with a RAW write. Both are
/// legal on the loop's thread at any time as long as frames stay whole, since libwebsockets sends pongs and closes of
/// its own between its writes.
@safe package final class WebSocket: @unchecked Sendable {
    enum Phase {
        case handshake, open
        /// A close frame was queued by us, or came from the peer.
        case closing
        case closed
    }

    /// Most bytes of a TLS record (RFC 8446, section 5.1).
    private static let recordSize = 1 << 14

    private enum HangUp { case atOnce, afterCallback(wanted: Bool) }

    /// Limits of one connection, shared by all of a server or client.
    package struct Limits: Sendable {
        /// Largest message taken from the peer, in bytes; a larger one closes with 1009, or is skipped.
        package var messageSize: Int
        /// Largest message that a dialled socket skips piece by piece, in bytes; 0: it skips none.
        ///
        /// A larger one closes with 1009, as soon as the head of a frame announces it.
        package var skipSize: Int
        /// Most bytes of replies, pings and closes that wait for a peer who doesn't read; more cuts it off.
        package var controlSize: Int

        /// Makes limits for a connection whose peer sends little.
        package init(messageSize: Int = 64 * 1024, skipSize: Int = 0, controlSize: Int = 64 * 1024) {
            self.messageSize = messageSize
            self.skipSize = skipSize
            self.controlSize = controlSize
        }
    }

    // What `pushIfReady` reads comes first, so that it is one piece of memory to fetch.

    /// Nil once libwebsockets said that it is gone, and before it told us of it.
    var wsi: OpaquePointer?
    /// Whole frames that wait for the kernel, in order; bounded by `limits.controlSize`.
    var control: [UInt8] = []
    private(set) var descriptor: Int32 = -1
    var phase = Phase.handshake
    let isSecure: Bool
    /// True for a stream of server-sent events: frames are whole events, and the client has nothing to say.
    package internal(set) var isStream = false
    let isClient: Bool
    /// How many bytes of a stream's `control` were sent, and up to where it is the rest of an event that was cut.
    var sentOfControl: UInt32 = 0
    var cutOfControl: UInt32 = 0
    /// What the peer had acknowledged when `hasAdvanced` was asked last.
    var acknowledged: UInt32 = 0
    /// What an HTTP response that is made within the request's callback leaves to that callback.
    private var hangUp = HangUp.atOnce

    /// The owner's mark, for example an index into its table.
    package var token = 0
    /// The peer's address in numbers, without the port.
    package let peer: String

    let loop: EventLoop
    let delegate: any WebSocketDelegate
    let limits: Limits
    /// What is needed until it is open; dropped then.
    private(set) var handshake: WebSocketHandshake? = WebSocketHandshake()
    /// What carries a dialled socket, from the first attempt to its end; nil for an accepted one.
    var connection: ClientConnection?
    /// The server that adopted it.
    var server: WebSocketServer?
    /// Its key in the loop's table; zero before it has one.
    var handle: UInt = 0
    /// The message of which pieces have arrived; nil between messages.
    var arriving: ArrivingMessage?
    var closure = WebSocketClosure(code: nil, reason: "", ownCode: nil)

    init(
        on loop: EventLoop,
        delegate: any WebSocketDelegate,
        peer: String,
        limits: Limits,
        client: WebSocketClient?,
        isSecure: Bool
    ) {
        self.loop = loop
        self.delegate = delegate
        self.peer = peer
        self.limits = limits
        handshake?.client = client
        isClient = client != nil
        self.isSecure = isSecure
    }

    // Sending.

    /// True while a close was neither sent nor received.
    package var isOpen: Bool { phase == .open }

    var isClosed: Bool { phase == .closed }

    /// True when `push` may be called: nothing is waiting, no frame is cut.
    package var isReady: Bool {
        guard phase == .open, control.isEmpty, let wsi = unsafe wsi else { return false }
        return unsafe lws_partial_buffered(wsi) == 0
    }

    /// Hands whole frames to the kernel and returns how many bytes it took; only while `isReady`.
    ///
    /// When fewer were taken, the caller passes the rest of the frame that was cut to `finish`, at once; `writable`
    /// tells when there is room again. A server's frames only: a client's must be masked.
    ///
    /// - Parameter frames: A part of a buffer that owns its bytes, so that they could be kept until they are sent.
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

    /// Does both in one call: nil when it isn't ready, otherwise as `push`.
    package func pushIfReady(_ frames: ArraySlice<UInt8>) -> Int? { isReady ? push(frames) : nil }

    /// Hands over one record's worth after the other, until one isn't sent whole.
    ///
    /// OpenSSL keeps such a record, and libwebsockets a copy of what was in it, until the kernel takes it: more than one
    /// at a time would be a queue in memory for each client that doesn't read. `writable` follows by itself.
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

    /// Gives the rest of a cut frame to libwebsockets, so that nothing can come between its two parts.
    package func finish(_ rest: ArraySlice<UInt8>) {
        guard let wsi = unsafe wsi, !rest.isEmpty else { return }
        if isStream { return finishStream(rest) }
        let written = unsafe rest.withUnsafeBytes { unsafe clws_write_raw(wsi, $0.baseAddress, $0.count) }
        guard written >= 0 else { return terminate() }
        unsafe lws_callback_on_writable(wsi)
    }

    /// Asks for `writable`.
    package func requestWritable() {
        if let wsi = unsafe wsi { unsafe lws_callback_on_writable(wsi) }
    }

    /// Sends a text message after everything that waits.
    package func send(text: some Collection<UInt8>) {
        guard phase == .open else { return }
        enqueue(.text, text)
    }

    /// Sends a ping; `ponged` tells of the answer.
    ///
    /// To a stream it sends a comment, which nobody answers.
    package func ping() {
        guard phase == .open else { return }
        if isStream { return send(event: Array(":\n\n".utf8)) }
        // libwebsockets 4.1.6 keeps an answer to itself that is empty.
        enqueue(.ping, [0x70])
    }

    func enqueue(_ opcode: FrameHead.Opcode, _ payload: some Collection<UInt8>) {
        guard control.isEmpty || control.count + payload.count <= limits.controlSize else {
            closure.reason = "it doesn't read: \(control.count) bytes of replies wait"
            terminate()
            // Later: its owner may be the one who sends.
            return loop.execute { [self] in tellOver() }
        }
        let mask = isClient ? UInt32.random(in: .min ... .max) : nil
        control.append(contentsOf: FrameHead.frame(opcode, payload, mask: mask))
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

    /// Starts the close handshake: what waits is sent, then the close frame; after the loop's close timeout the
    /// connection is cut.
    ///
    /// The frame is written by us: libwebsockets 4.1.6 on libuv loses the code of `lws_close_reason` when the
    /// connection isn't closed from its receive callback.
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

    /// Cuts the connection; `closed` follows from the loop, never from within this call.
    package func terminate() {
        guard phase != .closed else { return }
        if phase == .open { phase = .closing }
        if let connection { return connection.cut() }
        if descriptor >= 0 {
            // libwebsockets sees the end of the stream and closes in its own time: no state of it is touched here.
            shutdown(descriptor, Int32(SHUT_RDWR))
        } else if let wsi = unsafe wsi {
            unsafe clws_kill(wsi)
        }
    }

    /// Breaks the connection off with a TCP reset; what waits is lost, and `closed` follows from the loop.
    package func reset() {
        guard phase != .closed, descriptor >= 0 else { return terminate() }
        if phase == .open { phase = .closing }
        // Linux disconnects a socket that is connected to no address family, and tells the peer with a reset.
        var nowhere = sockaddr()
        nowhere.sa_family = sa_family_t(AF_UNSPEC)
        unsafe connect(descriptor, &nowhere, socklen_t(MemoryLayout<sockaddr>.size))
    }

    /// Runs a request's callback; true when its response ends the connection.
    func answering(_ body: () -> Void) -> Bool {
        hangUp = .afterCallback(wanted: false)
        body()
        defer { hangUp = .atOnce }
        if case .afterCallback(wanted: true) = hangUp { return true }
        return false
    }

    /// Ends the connection after an HTTP response, now or from the callback that is under way.
    func hangUpAfterResponse() {
        switch hangUp {
        case .afterCallback: hangUp = .afterCallback(wanted: true)
        case .atOnce: if let wsi = unsafe wsi { unsafe clws_kill(wsi) }
        }
    }

    // Called back.

    func bind(_ wsi: OpaquePointer) {
        if unsafe self.wsi == nil, phase != .closed { unsafe self.wsi = unsafe wsi }
    }

    func established(_ wsi: OpaquePointer) {
        unsafe self.wsi = unsafe wsi
        open(over: unsafe lws_get_socket_fd(wsi))
    }

    /// The handshake is complete.
    func open(over descriptor: Int32) {
        phase = .open
        self.descriptor = descriptor
        endHandshake()
    }

    private func endHandshake() {
        guard handshake != nil else { return }
        // A stream may begin while its client is watched.
        endWatch()
        handshake = nil
        server?.handshakeEnded()
    }

    /// The kernel has room, and libwebsockets nothing left.
    func becameWritable() {
        guard phase != .closed else { return }
        flushControl()
        guard isReady else { return }
        delegate.assumeIsolated { $0.writable(self) }
    }

    func closed() {
        guard phase != .closed else { return }
        let wasOpened = descriptor >= 0
        phase = .closed
        unsafe wsi = nil
        handshake?.endTransaction()
        arriving = nil
        handshake?.drain?.close()
        handshake?.leave()
        endWatch()
        let closure = closure
        if wasOpened { delegate.assumeIsolated { $0.closed(self, closure) } }
    }

    /// The last thing that happens to it: its connection is gone, or was never made.
    func released() {
        closed()
        endHandshake()
        server?.left(peer)
        server = nil
    }
}
