internal import CLibuv
internal import CLibwebsockets
internal import Glibc
// recv: in a whole-module build the socket headers belong to the first C module that includes them.
internal import Wire

/// What carries a dialled WebSocket: TCP, TLS, the handshake and the frames that come.
///
/// Ours altogether: the client of libwebsockets 4.1.6 has clocks of its own, loses headers of the server's answer,
/// takes every byte through a state machine, which was half the cost of an event, and says nothing of a frame's head
/// before the payload has come. Used on the loop's thread only; it and its socket hold each other until it is over.
@safe final class ClientConnection {
    private enum Stage {
        case connecting
        /// The TLS handshake.
        case securing
        case asking(unsent: ArraySlice<UInt8>)
        /// What came of the answer is kept, since it may come in parts.
        case listening(answer: [UInt8])
        case open
        /// We cut it: what the kernel holds is read to the end, so that its close is no reset.
        case cut
        case over
    }

    private static let capacity = 65536
    /// How many reads there may be to the end of a connection that was cut, of a peer that goes on sending.
    private static let readsToTheEnd = 64

    /// The limits of its socket.
    var limits: WebSocket.Limits { target.limits }
    private let socket: WebSocket
    private let target: WebSocketClient.Target
    private let handshake: ClientHandshake
    private let descriptor: Int32
    private let buffer: UnsafeMutableBufferPointer<UInt8>
    private var stage = Stage.connecting
    private var frames: FrameReader
    /// Nil in plaintext, and before the TLS handshake.
    private var session: OpaquePointer?
    private var watch: SocketWatch?
    private var wanted: SocketWatch.Readiness = []
    /// Whether something waits to be sent.
    private var awaitsRoom = false
    /// Whether TLS can't be read before the kernel has room.
    private var readsBehindWriting = false

    /// Takes over a non-blocking descriptor that is connected, or on its way.
    init(_ socket: WebSocket, over descriptor: Int32, to target: WebSocketClient.Target, _ handshake: ClientHandshake) {
        self.socket = socket
        self.target = target
        self.handshake = handshake
        self.descriptor = descriptor
        let limits = target.limits
        frames = FrameReader(limit: max(limits.messageSize, limits.skipSize))
        unsafe buffer = .allocate(capacity: Self.capacity)
        watch = SocketWatch(descriptor, on: socket.loop) { [unowned self] in proceed($0) }
        wait(for: .writing)
    }

    deinit {
        unsafe buffer.deallocate()
    }

    /// Whether the peer's address may yet turn out not to answer.
    var isConnecting: Bool {
        if case .connecting = stage { true } else { false }
    }

    /// Whether it is the answer to the request that is waited for.
    var isAsking: Bool {
        if case .listening = stage { true } else { false }
    }

    /// Sends what the kernel takes of whole frames: how many bytes; nil when it can't be written to.
    ///
    /// Of a peer that is gone all counts as taken: what it sent before, a close code perhaps, is still to be read, and
    /// the end comes behind it.
    func send(_ bytes: UnsafeRawBufferPointer) -> Int? {
        let sent =
            if let session = unsafe session {
                unsafe clws_encipher(session, bytes.baseAddress, bytes.count)
            } else {
                unsafe clws_send(descriptor, bytes.baseAddress, bytes.count)
            }
        if sent >= 0 { return sent }
        switch errno {
        case EAGAIN, EINTR: return 0
        case EPIPE, ECONNRESET: return bytes.count
        default: return nil
        }
    }

    /// Has the socket's `flushControl` called when there is room, or rests from that.
    func awaitRoom(_ isWanted: Bool) {
        guard case .open = stage else { return }
        awaitsRoom = isWanted
        waitToRead()
    }

    /// Cuts the connection; its end is told later, from the loop.
    func cut() {
        switch stage {
        case .open:
            stage = .cut
            unsafe clws_finish(session)
            shutdown(descriptor, Int32(SHUT_RDWR))
            wait(for: .reading)
        case .connecting, .securing, .asking, .listening:
            socket.loop.execute { [weak socket] in socket?.connection?.end(nil) }
        case .cut, .over:
            break
        }
    }

    /// The peer's address doesn't answer in time.
    func giveUp() {
        guard isConnecting else { return }
        fail("doesn't answer: is the address right, or does a firewall drop what is sent?")
    }

    /// While TLS has to write first, what can be read would be told of over and over.
    private func waitToRead() {
        wait(for: readsBehindWriting ? .writing : awaitsRoom ? [.reading, .writing] : .reading)
    }

    /// Whether a read that brought nothing is to be tried again; if so, waits for what it lacks.
    private func canReadLater(after failure: Int32) -> Bool {
        guard [EAGAIN, EINTR, ENOBUFS].contains(failure) else { return false }
        readsBehindWriting = failure == ENOBUFS
        waitToRead()
        return true
    }

    private func wait(for readiness: SocketWatch.Readiness) {
        guard wanted != readiness else { return }
        wanted = readiness
        watch?.start(readiness)
    }

    private func proceed(_ readiness: SocketWatch.Readiness) {
        // Who hears of it may let go of the socket.
        withExtendedLifetime((self, socket)) {
            if readiness.contains(.stopped) { return end(.loopUnavailable("the event loop has stopped")) }
            // libuv stops a watcher that fails.
            if readiness.contains(.failed) { wanted = [] }
            switch stage {
            case .connecting: connected()
            case .securing: secure()
            case .asking(let unsent): ask(unsent)
            case .listening(let answer): listen(answer, readiness)
            case .open:
                if readiness.contains(.writing) { socket.hasRoom() }
                receive(readiness)
            case .cut: readToTheEnd()
            case .over: break
            }
        }
    }

    private func connected() {
        guard OutgoingSocket.failure(of: descriptor) == 0 else {
            return fail("refuses the connection, or can't be reached: does the server run, at this address and port?")
        }
        guard target.isSecure else { return ask(handshake.request[...]) }
        do {
            guard let sessions = socket.loop.clientSessions else { return end(.loopUnavailable("the loop has ended")) }
            let context = unsafe try sessions.trusting(target.authorityFile, as: target.identity)
            unsafe session = unsafe clws_client_session(context, descriptor, target.certificateName)
        } catch {
            return end(error)
        }
        guard unsafe session != nil else { return end(.loopUnavailable("there is no memory for a TLS session")) }
        stage = .securing
        secure()
    }

    private func secure() {
        guard let session = unsafe session else { return }
        switch unsafe clws_client_handshake(session) {
        case clws_step_done: ask(handshake.request[...])
        case clws_step_reading: wait(for: .reading)
        case clws_step_writing: wait(for: .writing)
        default: fail(unsafe DialFailure.cause(of: clws_tls_failure(session), host: target.host))
        }
    }

    private func ask(_ request: ArraySlice<UInt8>) {
        guard let sent = unsafe request.withUnsafeBytes({ unsafe send($0) }) else {
            return fail(DialFailure.endedEarly(isSecure: target.isSecure))
        }
        let unsent = request.dropFirst(sent)
        stage = unsent.isEmpty ? .listening(answer: []) : .asking(unsent: unsent)
        wait(for: unsent.isEmpty ? .reading : .writing)
    }

    private func listen(_ known: [UInt8], _ readiness: SocketWatch.Readiness) {
        var answer = known
        repeat {
            let count = read()
            let failure = errno
            if count > 0 {
                let before = answer.count
                unsafe answer.append(contentsOf: buffer[..<count])
                stage = .listening(answer: answer)
                if let rest = heard(answer, before) { return take(rest) }
            } else if count == 0 || readiness.contains(.failed) || !canReadLater(after: failure) {
                return fail(
                    answer.isEmpty
                        ? DialFailure.endedEarly(isSecure: target.isSecure) + DialFailure.hint(on: target.headers)
                        : "ends the connection within its answer to the upgrade"
                )
            }
            guard case .listening(let left) = stage else { return }
            answer = left
        } while readiness.contains(.failed) || hasDeciphered
    }

    /// Judges what came of the answer; the bytes behind the head once it is a WebSocket.
    private func heard(_ answer: [UInt8], _ known: Int) -> [UInt8]? {
        var (answer, known) = (answer, known)
        while true {
            switch ResponseHead.read(answer, knownWithoutEnd: known) {
            case .unfinished:
                stage = .listening(answer: answer)
                return nil
            case .excess:
                fail("answers the upgrade with headers over \(ResponseHead.maximumSize) bytes")
                return nil
            case .foreign:
                fail(DialFailure.noHTTP(isSecure: target.isSecure))
                return nil
            case .whole(let head, let size):
                switch handshake.judge(head) {
                case .interim:
                    (answer, known) = (Array(answer[size...]), 0)
                case .refused(let status, let retryAfter, let flaw):
                    fail(DialFailure.cause(ofStatus: status, flaw), status: status, retryAfter: retryAfter)
                    return nil
                case .upgraded(let subprotocol):
                    stage = .open
                    wait(for: .reading)
                    socket.opened(over: descriptor, subprotocol: subprotocol)
                    return Array(answer[size...])
                }
            }
        }
    }

    private func take(_ bytes: [UInt8]) {
        guard !bytes.isEmpty else { return }
        unsafe bytes.withUnsafeBufferPointer { unsafe take($0) }
    }

    private func receive(_ readiness: SocketWatch.Readiness) {
        while case .open = stage {
            let count = read()
            let failure = errno
            if count > 0 {
                unsafe take(UnsafeBufferPointer(rebasing: buffer[..<count]))
            } else if count == 0 || readiness.contains(.failed) || !canReadLater(after: failure) {
                return end(nil)
            }
            // What came before a reset has to be read at once, and the reset itself: nobody watches any more.
            guard readiness.contains(.failed) || count > 0 && hasDeciphered else { return }
        }
        if case .cut = stage { readToTheEnd() }
    }

    private func readToTheEnd() {
        for _ in 0..<Self.readsToTheEnd {
            let count = unsafe recv(descriptor, buffer.baseAddress, Self.capacity, Int32(MSG_DONTWAIT))
            if count <= 0 { break }
        }
        end(nil)
    }

    /// Whether there is more to read of which no readiness tells.
    private var hasDeciphered: Bool { unsafe clws_has_deciphered(session) != 0 }

    /// As `recv` does.
    private func read() -> Int {
        guard let session = unsafe session else {
            return unsafe recv(descriptor, buffer.baseAddress, Self.capacity, Int32(MSG_DONTWAIT))
        }
        return unsafe clws_decipher(session, buffer.baseAddress, Self.capacity)
    }

    private func take(_ bytes: UnsafeBufferPointer<UInt8>) {
        var position = 0
        while case .open = stage, let event = unsafe frames.next(in: bytes, from: &position) {
            switch event {
            case .fragment(let range, let isFirst, let isFinal, let isText):
                let fragment = unsafe UnsafeBufferPointer(rebasing: bytes[range])
                unsafe socket.receive(fragment, isFirst: isFirst, isFinal: isFinal, isText: isText)
            case .control(let opcode, let payload):
                socket.receive(opcode, payload)
            case .excess:
                return socket.exceeded()
            case .violation(let reason):
                return socket.violated(reason)
            }
        }
    }

    private func fail(_ cause: String, status: Int? = nil, retryAfter: String? = nil) {
        end(.dialFailed(reason: "\(socket.peer) \(cause)", status: status, retryAfter: retryAfter))
    }

    /// It is over, and why the dial failed if it did.
    private func end(_ failure: WebSocketError?) {
        if case .over = stage { return }
        stage = .over
        watch?.close()
        watch = nil
        if let session = unsafe session { unsafe SSL_free(session) }
        unsafe session = nil
        close(descriptor)
        socket.released(failure)
    }
}
