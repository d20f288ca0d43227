// The socket headers belong to the first C module that includes them.
internal import CLibuv
internal import CLibwebsockets
internal import Glibc
internal import Wire

/// Reads the first head of each plaintext connection before libwebsockets gets it; used on the listener's loop only.
///
/// It runs on the listener's loop, not on those of the shards. So a wrong, slow or missing head costs the shards
/// nothing, and a shard is chosen only for connections that send a request. What may precede a head, such as a PROXY
/// protocol header, has to be read here too.
final class HeadDesk {
    /// How many connections may be here, and for how long.
    struct Limits {
        /// The most heads that may be arriving.
        var waiting = 4096
        /// The most bytes of incomplete heads; over that the largest head is refused.
        var bytes = 16 << 20
        /// How long a whole head may take.
        var timeout = Duration.seconds(10)
        /// How long a head may take even when others need its place.
        var grace = Duration.seconds(1)
        /// The most connections that were answered and may still read the answer.
        var lingering = 256
        /// How long these connections may take, and how many bytes they may send meanwhile.
        var lingeringTimeout = Duration.seconds(5)
        var lingeringBytes = 1 << 20
    }

    let loop: EventLoop
    private let limits: Limits
    private let methods: [HTTPRequest.Method]
    private let methodHint: String?
    private let subprotocols: [String]
    private unowned let listener: Listener
    private var arriving = WaitingLine<ArrivingHead>()
    private var lingering = WaitingLine<ArrivingHead>()
    /// The bytes of all incomplete heads.
    private var size = 0
    /// What was last read, from any connection.
    private var buffer = [UInt8](repeating: 0, count: RequestHead.maximumSize + 4096)
    private var timer: LoopTimer?
    private var timerDue: Duration?

    init(_ listener: Listener, on loop: EventLoop, serving options: WebSocketServer.Options, limits: Limits) {
        self.listener = listener
        self.loop = loop
        self.limits = limits
        methods = options.methods
        methodHint = options.methodHint
        subprotocols = options.subprotocols
    }

    /// How many heads are arriving.
    var waiting: Int { arriving.count }
    /// How many connections are here, including those that are being refused.
    var count: Int { arriving.count + lingering.count }

    // Arrival.

    /// Whether one more head may arrive: a place is free, or one may be taken away.
    func hasRoom(at now: Duration) -> Bool { arriving.count < limits.waiting || dispensable(at: now) != nil }

    /// Drops one connection in favour of a new one; false when all are entitled to their places.
    func giveWay(at now: Duration) -> Bool {
        // Answered connections go first, so that they are never held in excess of the limit of connections.
        if let told = lingering.first {
            drop(told.element)
            return true
        }
        guard let other = dispensable(at: now) else { return false }
        refuse(other, .headCrowd)
        return true
    }

    /// The connection that should lose its place first, if it has had its grace time.
    private func dispensable(at now: Duration) -> ArrivingHead? {
        guard let other = arriving.mostDispensable, now - other.since >= limits.grace else { return nil }
        return other.element
    }

    /// Takes a connection that was accepted and counted.
    func take(_ socket: AcceptedSocket, at now: Duration) {
        var parser = RequestHeadParser()
        var socket = socket
        let count = peek(socket.descriptor)
        guard count > 0 else {
            if count < 0, errno == EAGAIN || errno == EINTR { return wait(socket, at: now) }
            return discard(socket)
        }
        do throws(RequestHeadError) {
            guard let head = try parser.parse(buffer.span.extracting(0..<count)) else {
                consume(count, of: socket.descriptor)
                return wait(socket, at: now, parser, Array(buffer[..<count]))
            }
            guard let (answer, reason) = refusal(of: head, from: &socket) else { return pass(head, socket, seen: 0) }
            refuse(socket, answer, reason, withBody: head.method != .head)
        } catch {
            refuse(socket, Self.response(to: error), .head, withBody: parser.methodSoFar != .head)
        }
    }

    private func wait(
        _ socket: AcceptedSocket,
        at now: Duration,
        _ parser: RequestHeadParser = RequestHeadParser(),
        _ bytes: [UInt8] = []
    ) {
        if arriving.count >= limits.waiting, let other = dispensable(at: now) { refuse(other, .headCrowd) }
        let head = ArrivingHead(socket, at: self, parser: parser, bytes: bytes)
        head.place = arriving.append(head, from: socket.network, at: now)
        watchTime(until: now + limits.timeout)
        size += bytes.count
        shrink()
    }

    // Reading.

    /// Reads more of a head.
    func read(_ head: ArrivingHead) {
        let count = peek(head.descriptor)
        guard count > 0 else {
            if count < 0, errno == EAGAIN || errno == EINTR { return }
            // A client that ends its side within a head may still read an answer.
            return count == 0 && head.parser.hasBegun ? refuse(head, .head) : drop(head)
        }
        do throws(RequestHeadError) {
            let seen = head.bytes.count
            guard let parsed = try parse(count, of: head) else {
                consume(count, of: head.descriptor)
                return shrink()
            }
            if let (answer, reason) = refusal(of: parsed, from: &head.socket) {
                return refuse(head, answer, reason, withBody: parsed.method != .head)
            }
            leave(head)
            head.stopWatching()
            pass(parsed, head.socket, seen: seen)
        } catch {
            refuse(head, Self.response(to: error), .head, withBody: head.parser.methodSoFar != .head)
        }
    }

    /// Parses what is in the buffer as the next bytes of a head; the first bytes are parsed in place.
    private func parse(
        _ count: Int,
        of head: ArrivingHead
    ) throws(RequestHeadError) -> RequestHead? {
        if head.bytes.isEmpty {
            let bytes = buffer
            if let parsed = try head.parser.parse(bytes.span.extracting(0..<count)) { return parsed }
            head.bytes = Array(buffer[..<count])
            size += count
        } else {
            head.bytes += buffer[..<count]
            size += count
            let bytes = head.bytes
            if let parsed = try head.parser.parse(bytes.span) { return parsed }
        }
        return nil
    }

    /// Refuses the largest heads until the rest are within the limit.
    private func shrink() {
        while size > limits.bytes, let largest = arriving.all.max(by: { $0.bytes.count < $1.bytes.count }) {
            refuse(largest, .headCrowd)
        }
    }

    /// Discards bytes of a connection that was answered.
    func forget(_ head: ArrivingHead) {
        let count = unsafe buffer.withUnsafeMutableBytes { bytes in
            unsafe recv(head.descriptor, bytes.baseAddress, bytes.count, Int32(MSG_DONTWAIT))
        }
        if count < 0, errno == EAGAIN || errno == EINTR { return }
        head.forgotten += max(0, count)
        if count <= 0 || head.forgotten > limits.lingeringBytes { drop(head) }
    }

    /// Reads without consuming, so that libwebsockets finds the bytes after a head in the kernel.
    private func peek(_ descriptor: Int32) -> Int {
        unsafe buffer.withUnsafeMutableBytes { bytes in
            unsafe recv(descriptor, bytes.baseAddress, bytes.count, Int32(MSG_PEEK) | Int32(MSG_DONTWAIT))
        }
    }

    private func consume(_ count: Int, of descriptor: Int32) {
        guard count > 0 else { return }
        // With MSG_TRUNC a TCP stream's bytes are discarded without being copied. A Unix socket always copies them.
        if recv(descriptor, nil, count, Int32(MSG_TRUNC) | Int32(MSG_DONTWAIT)) >= 0 || errno != EFAULT { return }
        unsafe withUnsafeTemporaryAllocation(byteCount: count, alignment: 1) { bytes in
            unsafe _ = recv(descriptor, bytes.baseAddress, bytes.count, Int32(MSG_DONTWAIT))
        }
    }

    // Judgement.

    /// Why a valid head goes to no server, and what is answered; nil when a server gets it.
    ///
    /// A client that a proxy passes on is known now, and counted, whatever it asks for.
    private func refusal(
        of head: RequestHead,
        from socket: inout AcceptedSocket
    ) -> (HTTPResponse, Listener.Refusal)? {
        if let reason = listener.identify(&socket, by: head, at: EventLoop.now) { return (reason.response, reason) }
        return answer(to: head).map { ($0, .head) }
    }

    /// The answer to a valid head that no server needs to see; nil when a server gets it.
    private func answer(to head: RequestHead) -> HTTPResponse? {
        if let error = head.handshakeError { return Self.response(to: error) }
        if head.asksForWebSocket { return nil }
        if head.targetForm == .asterisk {
            let allow = HTTPField(name: "Allow", value: methods.map(\.rawValue).joined(separator: ", "))
            return HTTPResponse(status: 204, headers: [allow])
        }
        guard methods.contains(where: { $0.rawValue == head.method.rawValue }) else {
            return .methodNotAllowed(methods, hint: methodHint)
        }
        guard head.method == .post || !head.hasBody else {
            return .text("a \(head.method.rawValue) without a body is expected", status: 400)
        }
        return nil
    }

    private static func response(to error: RequestHeadError) -> HTTPResponse {
        var response = HTTPResponse.text(error.description, status: error.status)
        response.headers = error.answerFields
        return response
    }

    /// Passes a head to a server; `seen` of its bytes were consumed from the kernel.
    private func pass(_ head: RequestHead, _ socket: AcceptedSocket, seen: Int) {
        var socket = socket
        let rest = head.size - seen
        if head.asksForWebSocket, socket.read(head, serving: subprotocols) {
            consume(rest, of: socket.descriptor)
            return listener.handOver(socket)
        }
        // A proxy's next request is read here again: libwebsockets may lose the field that tells its client.
        socket.head = head.normalised(host: socket.proxied?.host, isLast: socket.isForwarding)
        if !head.asksForWebSocket {
            // If libwebsockets 4.1.6 is given the whole head of a plain request, it takes the beginning once more for
            // that of the body, and spins while its reading is paused. So it reads the last byte itself; what follows
            // it then counts as read by libwebsockets.
            socket.head.removeLast()
        }
        consume(head.asksForWebSocket ? rest : rest - 1, of: socket.descriptor)
        if socket.isForwarding, head.keepsConnection {
            let readBytes = TransferredBytes.read(of: socket.descriptor)
            socket.proxied?.readBytes = readBytes.map { $0 + 1 }
        }
        listener.handOver(socket)
    }

    // Refusal.

    /// Refuses a connection that never waited here, and hangs up.
    private func refuse(
        _ socket: AcceptedSocket,
        _ answer: HTTPResponse,
        _ reason: Listener.Refusal,
        withBody: Bool
    ) {
        listener.count(reason)
        tell(ArrivingHead(socket, at: self), answer, withBody: withBody)
    }

    private func refuse(_ head: ArrivingHead, _ reason: Listener.Refusal) {
        refuse(head, reason.response, reason, withBody: head.parser.methodSoFar != .head)
    }

    private func refuse(
        _ head: ArrivingHead,
        _ answer: HTTPResponse,
        _ reason: Listener.Refusal,
        withBody: Bool
    ) {
        listener.count(reason)
        leave(head)
        tell(head, answer, withBody: withBody)
    }

    /// Answers, and reads on for a while: unread bytes would turn the close into a reset, and the answer would be lost.
    private func tell(_ head: ArrivingHead, _ answer: HTTPResponse, withBody: Bool) {
        Self.send(answer.encoded(withBody: withBody, closes: true), to: head.descriptor)
        shutdown(head.descriptor, Int32(SHUT_WR))
        head.bytes = []
        head.phase = .lingering
        if lingering.count >= limits.lingering, let oldest = lingering.first { drop(oldest.element) }
        let now = EventLoop.now
        head.place = lingering.append(head, from: head.socket.network, at: now)
        watchTime(until: now + limits.lingeringTimeout)
    }

    private static func send(_ bytes: [UInt8], to descriptor: Int32) {
        unsafe _ = Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL))
    }

    // Leaving.

    /// Gives up a connection's place in the line.
    private func leave(_ head: ArrivingHead) {
        switch head.phase {
        case .arriving:
            arriving.remove(head.place)
            size -= head.bytes.count
        case .lingering: lingering.remove(head.place)
        case .closed: break
        }
    }

    /// Closes the connection.
    func drop(_ head: ArrivingHead) {
        leave(head)
        head.stopWatching()
        discard(head.socket)
    }

    private func discard(_ socket: AcceptedSocket) {
        close(socket.descriptor)
        listener.left(socket)
    }

    /// Ends all connections, because the listener stops.
    func closeAll() {
        let notice = Listener.Refusal.stopping.response.encoded(closes: true)
        for head in arriving.all {
            // A client that hasn't sent anything expects no answer.
            if head.parser.hasBegun {
                listener.count(.stopping)
                Self.send(notice, to: head.descriptor)
            }
            drop(head)
        }
        for head in lingering.all { drop(head) }
        timer?.close()
        timer = nil
    }

    // Time.

    private func watchTime(until due: Duration) {
        if let timerDue, timerDue <= due { return }
        timerDue = due
        let timer = timer ?? LoopTimer(on: loop) { [unowned self] in timePassed() }
        self.timer = timer
        timer.start(after: due - EventLoop.now)
    }

    private func timePassed() {
        timerDue = nil
        let now = EventLoop.now
        while let (head, since) = arriving.first, since + limits.timeout <= now {
            // A browser may connect in advance, and would take an answer now for that to its next request.
            if head.parser.hasBegun { refuse(head, .headTimeout) } else { drop(head) }
        }
        while let (head, since) = lingering.first, since + limits.lingeringTimeout <= now { drop(head) }
        if let (_, since) = arriving.first { watchTime(until: since + limits.timeout) }
        if let (_, since) = lingering.first { watchTime(until: since + limits.lingeringTimeout) }
    }
}
