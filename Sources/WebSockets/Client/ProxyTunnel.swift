// The socket headers belong to the first C module that includes them.
internal import CLibuv
internal import CLibwebsockets
internal import Glibc

/// Opens a connection through an HTTP proxy (CONNECT, RFC 9110, section 9.3.6); used on the loop's thread only.
///
/// libwebsockets 4.1.6 could do it, but on the loop's time: it resolves the proxy's name there, takes whatever one read
/// returns for the whole answer, cuts long names and credentials, and doesn't tell the status.
@safe final class ProxyTunnel: @unchecked Sendable {
    private static let maximumAnswer = 16384

    private enum State {
        case resolving
        case connecting(Int32, SocketWatch, remaining: ArraySlice<String>)
        /// The request is being sent.
        case asking(Int32, SocketWatch, unsent: ArraySlice<UInt8>)
        /// What came of the answer is kept, since it may come in parts.
        case listening(Int32, SocketWatch, answer: [UInt8])
        case over
    }

    private let loop: EventLoop
    private let proxy: Proxy
    /// The target's host and port, which the proxy resolves.
    private let target: String
    /// How long an address may take to connect while there are others to try.
    private let addressTimeout: Duration
    private var timer: LoopTimer?
    private var completion: ((Result<Int32, WebSocketError>) -> Void)?
    private var state = State.resolving
    private var lookup: NameLookup?
    private var lastFailure = "it has no address"

    /// Starts to connect; `completion` is called once, later, with a connected non-blocking socket that is its to close.
    init(
        on loop: EventLoop,
        through proxy: Proxy,
        to target: String,
        for dial: WebSocketClient.Target,
        completion: @escaping (Result<Int32, WebSocketError>) -> Void
    ) {
        self.loop = loop
        self.proxy = proxy
        self.target = target
        addressTimeout = dial.addressTimeout
        self.completion = completion
        lookup = NameLookup(of: proxy.host, known: dial.knownAddresses, on: loop) { [self] result in
            guard case .resolving = state else { return }
            switch result {
            case .failure(.unresolvable(_, let reason)): fail("can't resolve the proxy \(proxy): \(reason)")
            case .failure(let error): finish(.failure(error))
            case .success(let addresses): connect(to: addresses[...])
            }
        }
    }

    deinit {
        timer?.close()
        close()
    }

    /// What it waits for, in words.
    var progress: String {
        switch state {
        case .resolving: "resolving the proxy \(proxy)"
        case .connecting: "connecting to the proxy \(proxy)"
        case .asking, .listening: "waiting for the proxy \(proxy) to answer CONNECT"
        case .over: "through the proxy \(proxy)"
        }
    }

    /// Ends it; `completion` isn't called any more.
    func cancel() {
        completion = nil
        lookup?.cancel()
        timer?.close()
        timer = nil
        close()
    }

    private func connect(to addresses: ArraySlice<String>) {
        guard !loop.isOver else { return finish(.failure(.loopUnavailable("the event loop has stopped"))) }
        var remaining = addresses
        while let address = remaining.popFirst() {
            let descriptor = OutgoingSocket.connecting(to: address, proxy.port)
            guard descriptor >= 0 else {
                lastFailure = errnoText(errno)
                continue
            }
            let watch = SocketWatch(descriptor, on: loop) { [unowned self] in proceed($0) }
            state = .connecting(descriptor, watch, remaining: remaining)
            if !remaining.isEmpty { limitConnecting() }
            return watch.start(.writing)
        }
        fail("can't connect to the proxy \(proxy): \(lastFailure)")
    }

    /// An address that doesn't answer leaves the others their turn.
    private func limitConnecting() {
        let timer = self.timer ?? LoopTimer(on: loop) { [unowned self] in giveUpAddress() }
        self.timer = timer
        timer.start(after: addressTimeout)
    }

    private func giveUpAddress() {
        guard case .connecting(_, _, let remaining) = state, !remaining.isEmpty else { return }
        lastFailure = "it doesn't answer"
        close()
        connect(to: remaining)
    }

    /// The socket is ready for what was waited for.
    private func proceed(_ readiness: SocketWatch.Readiness) {
        if readiness.contains(.stopped) {
            return finish(.failure(.loopUnavailable("the event loop has stopped")))
        }
        switch state {
        case .resolving, .over:
            break
        case .connecting(let descriptor, let watch, let remaining):
            connected(descriptor, watch, remaining)
        case .asking(let descriptor, let watch, let unsent):
            ask(descriptor, watch, unsent)
        case .listening(let descriptor, let watch, let answer):
            listen(descriptor, watch, answer)
        }
    }

    private func connected(_ descriptor: Int32, _ watch: SocketWatch, _ remaining: ArraySlice<String>) {
        let failure = OutgoingSocket.failure(of: descriptor)
        guard failure == 0 else {
            lastFailure = errnoText(failure)
            close()
            return connect(to: remaining)
        }
        var request = "CONNECT \(target) HTTP/1.1\r\nHost: \(target)\r\n"
        if let authorization = proxy.authorization { request += "Proxy-Authorization: \(authorization)\r\n" }
        ask(descriptor, watch, Array("\(request)\r\n".utf8)[...])
    }

    private func ask(_ descriptor: Int32, _ watch: SocketWatch, _ request: ArraySlice<UInt8>) {
        let sent = unsafe request.withUnsafeBytes {
            unsafe Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
        }
        guard sent >= 0 || errno == EAGAIN else { return lose(errno) }
        let unsent = request.dropFirst(max(0, sent))
        if unsent.isEmpty {
            state = .listening(descriptor, watch, answer: [])
            watch.start(.reading)
        } else {
            state = .asking(descriptor, watch, unsent: unsent)
            watch.start(.writing)
        }
    }

    /// Takes the answer's head off the socket, and no byte more: what follows belongs to the target.
    private func listen(_ descriptor: Int32, _ watch: SocketWatch, _ known: [UInt8]) {
        var bytes = [UInt8](repeating: 0, count: Self.maximumAnswer)
        let peeked = unsafe recv(descriptor, &bytes, bytes.count, Int32(MSG_PEEK))
        guard peeked > 0 else {
            if peeked < 0, errno == EAGAIN { return }
            return lose(peeked < 0 ? errno : nil)
        }
        var answer = known + bytes.prefix(peeked)
        let end = Self.endOfHead(in: answer)
        let taken = end.map { $0 - known.count } ?? peeked
        _ = unsafe recv(descriptor, &bytes, taken, 0)
        guard let end else {
            guard answer.count <= Self.maximumAnswer else {
                return fail("the proxy \(proxy) answers CONNECT with headers over \(Self.maximumAnswer) bytes")
            }
            state = .listening(descriptor, watch, answer: answer)
            return
        }
        answer.removeSubrange(end...)
        judge(answer, descriptor, watch)
    }

    private func judge(_ answer: [UInt8], _ descriptor: Int32, _ watch: SocketWatch) {
        let line = String(decoding: answer.prefix { $0 != 0x0D && $0 != 0x0A }, as: UTF8.self)
        let words = line.split(separator: " ", maxSplits: 2)
        guard line.hasPrefix("HTTP/1."), words.count > 1, words[1].utf8.count == 3, let status = Int(words[1]) else {
            return fail("the proxy \(proxy) answers CONNECT with something that is no HTTP")
        }
        switch status {
        case 100..<200:
            state = .listening(descriptor, watch, answer: [])
        case 200..<300:
            watch.close()
            state = .over
            finish(.success(descriptor))
        case 407:
            fail(proxy.wantsCredentials, status: status)
        default:
            fail("the proxy \(proxy) opens no tunnel to \(target)", status: status)
        }
    }

    /// After the blank line that ends a head; nil when it hasn't come.
    private static func endOfHead(in bytes: [UInt8]) -> Int? {
        var lineLength = 0
        for (index, byte) in bytes.enumerated() {
            switch byte {
            case 0x0A where lineLength == 0 && index > 1: return index + 1
            case 0x0A: lineLength = 0
            case 0x0D: break
            default: lineLength += 1
            }
        }
        return nil
    }

    private func lose(_ failure: Int32?) {
        let reason = failure.map { ": \(errnoText($0))" } ?? ""
        fail("the proxy \(proxy) ends the connection before it answers CONNECT\(reason)")
    }

    private func fail(_ reason: String, status: Int? = nil) {
        let suffix = status.map { " (HTTP status \($0))" } ?? ""
        finish(.failure(.dialFailed(reason: reason + suffix, status: status)))
    }

    private func finish(_ result: Result<Int32, WebSocketError>) {
        timer?.close()
        timer = nil
        if case .failure = result { close() }
        let completion = completion
        self.completion = nil
        completion?(result)
    }

    private func close() {
        switch state {
        case .resolving, .over: break
        case .connecting(let descriptor, let watch, _), .asking(let descriptor, let watch, _),
            .listening(let descriptor, let watch, _):
            watch.close()
            Glibc.close(descriptor)
        }
        state = .over
    }
}
