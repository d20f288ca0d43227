internal import CCurl
internal import Glibc

/// Opens a connection to a server through a proxy; used on the loop's thread only.
///
/// libcurl speaks to the proxy: CONNECT of HTTP (RFC 9110, section 9.3.6), or SOCKS. Its connection is duplicated, and
/// libcurl then closes its own. It takes the proxy's answer byte by byte, so that nothing that follows is lost; nothing
/// follows anyway, since in TLS and in WebSockets it is the client who speaks first.
@safe final class ProxyTunnel: CurlTransfer, @unchecked Sendable {
    enum Failure: Error {
        /// This address of the proxy's; another one may do.
        case unreachable(WebSocketError)
        case refused(WebSocketError)
    }

    private static let maximumAnswer = 16384

    private let proxy: Proxy
    /// The server's host and port.
    private let server: String
    private var completion: ((Result<Int32, Failure>) -> Void)?
    private var multi: CurlMulti?
    private var easy: UnsafeMutableRawPointer?
    private var answerSize = 0
    /// What is wrong with the proxy's answer.
    private var refusal: WebSocketError?
    private var connection: Int32?

    /// Starts to connect; `completion` is called once, later, with a connected non-blocking socket that is its to
    /// close.
    init(
        on loop: EventLoop,
        through proxy: Proxy,
        at address: String,
        to server: String,
        completion: @escaping (Result<Int32, Failure>) -> Void
    ) {
        self.proxy = proxy
        self.server = server
        self.completion = completion
        // One for each, which has as little left as the dial itself when that is over.
        multi = CurlMulti(on: loop, connections: 1)
        unsafe easy = curl_easy_init()
        guard let easy = unsafe easy, let multi else {
            loop.execute { [self] in cutShort() }
            return
        }
        unsafe ccurl_behave(easy)
        // libcurl adds nothing of its own to a tunnel for plain HTTP: TLS is for who gets the connection.
        unsafe ccurl_set_text(easy, CURLOPT_URL, "http://\(server)/")
        unsafe ccurl_set_text(easy, CURLOPT_PROTOCOLS_STR, "http")
        unsafe ccurl_set_proxy(easy, proxy.url(at: address))
        unsafe ccurl_set_number(easy, CURLOPT_HTTPPROXYTUNNEL, 1)
        unsafe ccurl_set_number(easy, CURLOPT_CONNECT_ONLY, 1)
        // The dial has limits of its own; zero would mean five minutes.
        unsafe ccurl_set_number(easy, CURLOPT_CONNECTTIMEOUT_MS, Int(Int32.max))
        unsafe ccurl_set_write(easy, CURLOPT_HEADERFUNCTION, answerArrived)
        unsafe ccurl_set_pointer(easy, CURLOPT_HEADERDATA, Unmanaged.passUnretained(self).toOpaque())
        _ = unsafe multi.add(self, easy)
    }

    deinit { free() }

    /// What it waits for, in words.
    var progress: String {
        isConnecting ? "connecting to the proxy \(proxy)" : "waiting for the proxy \(proxy) to \(task)"
    }

    /// Ends it; `completion` isn't called any more.
    func cancel() {
        completion = nil
        free()
    }

    /// The proxy's address doesn't answer in time.
    func giveUp() {
        if isConnecting {
            finish(.failure(.unreachable(error("can't connect to the proxy \(proxy): it doesn't answer"))))
        }
    }

    func takeConnection() {
        guard let easy = unsafe easy else { return }
        let copy = fcntl(unsafe ccurl_active_socket(easy), F_DUPFD_CLOEXEC, 0)
        if copy >= 0 { connection = copy } else { refusal = error("no descriptor for a tunnel: \(errnoText(errno))") }
    }

    func ended(_ code: CURLcode) {
        if let connection { return finish(.success(connection)) }
        guard let easy = unsafe easy else { return }
        if isConnecting {
            let failure = Int32(clamping: unsafe ccurl_number(easy, CURLINFO_OS_ERRNO))
            let words = unsafe failure == 0 ? String(cString: curl_easy_strerror(code)) : errnoText(failure)
            return finish(.failure(.unreachable(error("can't connect to the proxy \(proxy): \(words)"))))
        }
        let socks = unsafe proxy.refusal(ccurl_proxy_failure(easy), of: server)
        let words = socks ?? "the proxy \(proxy) ends the connection before it answers CONNECT, or doesn't end a line"
        finish(.failure(.refused(refusal ?? error(words))))
    }

    func cutShort() { finish(.failure(.refused(.loopUnavailable("the event loop has stopped")))) }

    private var isConnecting: Bool { unsafe easy.map { unsafe ccurl_number($0, CURLINFO_NUM_CONNECTS) } ?? 0 == 0 }

    private var task: String { proxy.scheme == "http" ? "answer CONNECT" : "open a tunnel" }

    private func error(_ reason: String, status: Int? = nil) -> WebSocketError {
        let suffix = status.map { " (HTTP status \($0))" } ?? ""
        return .dialFailed(reason: reason + suffix, status: status)
    }

    /// Takes a line of an HTTP proxy's answer; false when there can't be a tunnel.
    fileprivate func hear(_ line: UnsafeRawBufferPointer) -> Bool {
        let isFirst = answerSize == 0
        answerSize += line.count
        if isFirst {
            refusal = judge(unsafe Array(line))
        } else if answerSize > Self.maximumAnswer {
            refusal = error("the proxy \(proxy) answers CONNECT with headers over \(Self.maximumAnswer) bytes")
        }
        return refusal == nil
    }

    private func judge(_ line: [UInt8]) -> WebSocketError? {
        guard case .whole(let head, _) = ResponseHead.read(line + Array("\r\n".utf8)) else {
            return error("the proxy \(proxy) answers CONNECT with something that is no HTTP")
        }
        switch head.status {
        case 200..<300: return nil
        case 407: return error(proxy.wantsCredentials, status: 407)
        default: return error("the proxy \(proxy) opens no tunnel to \(server)", status: head.status)
        }
    }

    private func finish(_ result: Result<Int32, Failure>) {
        let completion = completion
        cancel()
        completion?(result)
    }

    private func free() {
        if let easy = unsafe easy {
            _ = unsafe multi?.remove(easy)
            unsafe curl_easy_cleanup(easy)
        }
        unsafe easy = nil
        multi?.close()
        multi = nil
    }
}

private func answerArrived(
    _ bytes: UnsafeMutablePointer<CChar>?,
    _ size: Int,
    _ count: Int,
    _ user: UnsafeMutableRawPointer?
) -> Int {
    guard let user = unsafe user else { return 0 }
    let tunnel = unsafe Unmanaged<ProxyTunnel>.fromOpaque(user).takeUnretainedValue()
    return unsafe tunnel.hear(UnsafeRawBufferPointer(start: bytes, count: size * count)) ? size * count : 0
}
