internal import CCurl
internal import Wire

/// An HTTP request in progress, for `HTTPClient.start`; used on the loop's thread only.
@safe package final class HTTPTransfer: CurlTransfer, @unchecked Sendable {
    private static let maximumHeaderSize = 256 << 10

    private let request: HTTPClientRequest
    private(set) var easy: UnsafeMutableRawPointer?
    private var headers: UnsafeMutablePointer<curl_slist>?
    private var completion: ((Result<HTTPClientResponse, HTTPClientError>) -> Void)?
    private var response = HTTPClientResponse(status: 0, headers: [], body: [])
    private var headerSize = 0
    private var excess: String?
    /// Whether the excess is in the body.
    private var isTooLarge = false
    private var proxy: Proxy?
    /// Why the proxy from the environment can't be used.
    private var proxyFlaw: String?

    /// Makes a transfer that isn't started.
    package init(_ request: HTTPClientRequest) { self.request = request }

    deinit { close() }

    /// Makes libcurl's handle for the request; nil when it can't be made.
    func open(completion: @escaping (Result<HTTPClientResponse, HTTPClientError>) -> Void) -> UnsafeMutableRawPointer? {
        self.completion = completion
        do throws(WebSocketError) {
            proxy = try request.proxy
        } catch {
            proxyFlaw = error.description
        }
        guard request.flaw == nil, proxyFlaw == nil, let easy = unsafe curl_easy_init() else { return nil }
        unsafe self.easy = unsafe easy
        let user = unsafe Unmanaged.passUnretained(self).toOpaque()
        unsafe ccurl_set_text(easy, CURLOPT_URL, request.url)
        unsafe ccurl_set_text(easy, CURLOPT_PROTOCOLS_STR, "http,https")
        unsafe ccurl_behave(easy)
        unsafe ccurl_set_proxy(easy, proxy?.url() ?? "")
        if let timeout = request.timeout { unsafe ccurl_set_number(easy, CURLOPT_TIMEOUT_MS, timeout.forCurl) }
        unsafe ccurl_set_number(easy, CURLOPT_CONNECTTIMEOUT_MS, request.connectTimeout.forCurl)
        unsafe ccurl_set_number(easy, CURLOPT_FRESH_CONNECT, request.isRepeatable ? 0 : 1)
        // An empty text accepts every encoding that libcurl can decompress.
        unsafe ccurl_set_text(easy, CURLOPT_ACCEPT_ENCODING, "")
        if let file = request.authorityFile { unsafe ccurl_set_text(easy, CURLOPT_CAINFO, file) }
        if let identity = request.identity {
            unsafe ccurl_set_text(easy, CURLOPT_SSLCERT, identity.certificateFile)
            unsafe ccurl_set_text(easy, CURLOPT_SSLKEY, identity.keyFile)
            // Without one OpenSSL asks for the passphrase of an encrypted key on the terminal.
            unsafe ccurl_set_text(easy, CURLOPT_KEYPASSWD, "")
        }
        // Without this libcurl waits a second for "100 Continue" before a larger body.
        unsafe headers = curl_slist_append(nil, "Expect:")
        for header in request.headers {
            // libcurl sends a header without a value only when it ends with a semicolon.
            let line = header.value.isEmpty ? "\(header.name);" : "\(header.name): \(header.value)"
            unsafe headers = curl_slist_append(headers, line)
        }
        unsafe ccurl_set_list(easy, CURLOPT_HTTPHEADER, headers)
        // Without a body to send libcurl gets.
        if request.method == .post { unsafe setBody(of: easy) }
        unsafe ccurl_set_write(easy, CURLOPT_WRITEFUNCTION, bodyArrived)
        unsafe ccurl_set_pointer(easy, CURLOPT_WRITEDATA, user)
        unsafe ccurl_set_write(easy, CURLOPT_HEADERFUNCTION, headerArrived)
        unsafe ccurl_set_pointer(easy, CURLOPT_HEADERDATA, user)
        return unsafe easy
    }

    private func setBody(of easy: UnsafeMutableRawPointer) {
        unsafe ccurl_set_size(easy, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(request.body.count))
        // libcurl copies the body, since an array's storage isn't pinned. With a null pointer it would ask for the body
        // later.
        unsafe (request.body.isEmpty ? [0] : request.body).withUnsafeBytes { bytes in
            _ = unsafe ccurl_set_pointer(
                easy,
                CURLOPT_COPYPOSTFIELDS,
                UnsafeMutableRawPointer(mutating: bytes.baseAddress)
            )
        }
    }

    /// Completes the transfer with libcurl's result.
    func ended(_ code: CURLcode) {
        guard let easy = unsafe easy else { return }
        guard code != CURLE_OK else {
            response.status = unsafe ccurl_number(easy, CURLINFO_RESPONSE_CODE)
            // 407 comes from the proxy, so that the server hasn't got the request.
            if let proxy, response.status == 407 {
                let reason = "\(proxy.wantsCredentials) (HTTP status 407)"
                return finish(.failure(HTTPClientError(kind: .failed, reason: reason, wasSent: false)))
            }
            return finish(.success(response))
        }
        let kind: HTTPClientError.Kind =
            switch code {
            case _ where isTooLarge: .tooLarge
            case CURLE_UNSUPPORTED_PROTOCOL, CURLE_URL_MALFORMAT: .invalidRequest
            case CURLE_OPERATION_TIMEDOUT: .timedOut
            default: .failed
            }
        let words = unsafe String(cString: curl_easy_strerror(code))
        unsafe fail(kind, excess ?? words + throughProxy(easy))
    }

    /// Names the proxy, which may be the cause of a failure.
    private func throughProxy(_ easy: UnsafeMutableRawPointer) -> String {
        guard let proxy else { return "" }
        if let refusal = unsafe proxy.refusal(ccurl_proxy_failure(easy)) { return ": \(refusal)" }
        switch unsafe ccurl_number(easy, CURLINFO_HTTP_CONNECTCODE) {
        case 0, 200..<300: return ", through the proxy \(proxy)"
        case 407: return ": \(proxy.wantsCredentials) (HTTP status 407)"
        case let status: return ": the proxy \(proxy) opens no tunnel (HTTP status \(status))"
        }
    }

    func cutShort() { fail(.cancelled, "the client was closed") }

    /// Ends it without an answer.
    func fail(_ kind: HTTPClientError.Kind, _ reason: String) {
        var wasSent = false
        if let easy = unsafe easy { wasSent = unsafe ccurl_was_sent(easy) != 0 }
        finish(.failure(HTTPClientError(kind: kind, reason: reason, wasSent: wasSent)))
    }

    /// Completes a transfer that could not be started.
    func failToOpen() {
        if let flaw = request.flaw ?? proxyFlaw {
            fail(.invalidRequest, flaw)
        } else {
            fail(.failed, "there is no HTTP client")
        }
    }

    private func finish(_ outcome: Result<HTTPClientResponse, HTTPClientError>) {
        let completion = completion
        close()
        completion?(outcome)
    }

    private func close() {
        completion = nil
        if let easy = unsafe easy { unsafe curl_easy_cleanup(easy) }
        unsafe easy = nil
        unsafe curl_slist_free_all(headers)
        unsafe headers = nil
    }

    fileprivate func append(_ bytes: UnsafeRawBufferPointer) -> Int {
        guard response.body.count + bytes.count <= request.maximumResponseSize else {
            isTooLarge = true
            excess = "the response exceeds \(request.maximumResponseSize) bytes"
            return 0
        }
        unsafe response.body.append(contentsOf: bytes)
        return bytes.count
    }

    fileprivate func header(_ bytes: UnsafeRawBufferPointer) -> Int {
        headerSize += bytes.count
        guard headerSize <= Self.maximumHeaderSize else {
            excess = "the response's headers exceed \(Self.maximumHeaderSize) bytes"
            return 0
        }
        let line = unsafe String(decoding: bytes, as: UTF8.self)
        // A new status line begins: the fields before it belong to a proxy or to an interim response.
        if line.hasPrefix("HTTP/") { response.headers = [] }
        if let colon = line.firstIndex(of: ":") {
            var value = line[line.index(after: colon)...]
            if value.last?.isNewline == true { value.removeLast() }
            let name = line[..<colon].lowercased()
            response.headers.append(HTTPField(name: name, value: String(value.trimmingBlanks)))
        }
        return bytes.count
    }
}

extension HTTPClientRequest {
    /// The proxy that the environment names for the URL; nil when there is none, or the URL is invalid.
    fileprivate var proxy: Proxy? {
        get throws(WebSocketError) {
            guard let scheme = try? CurlURL.part(CURLUPART_SCHEME, of: url),
                let host = try? CurlURL.part(CURLUPART_HOST, of: url)
            else { return nil }
            return try proxies.proxy(for: scheme, host: host)
        }
    }
}

extension Duration {
    /// Milliseconds for libcurl; at least 1, since 0 means no limit to it.
    fileprivate var forCurl: Int { Int(Swift.max(1, Swift.min(milliseconds, Int64(Int32.max)))) }
}

private func bodyArrived(
    _ bytes: UnsafeMutablePointer<CChar>?,
    _ size: Int,
    _ count: Int,
    _ user: UnsafeMutableRawPointer?
) -> Int {
    guard let user = unsafe user else { return 0 }
    return unsafe Unmanaged<HTTPTransfer>.fromOpaque(user).takeUnretainedValue()
        .append(UnsafeRawBufferPointer(start: bytes, count: size * count))
}

private func headerArrived(
    _ bytes: UnsafeMutablePointer<CChar>?,
    _ size: Int,
    _ count: Int,
    _ user: UnsafeMutableRawPointer?
) -> Int {
    guard let user = unsafe user else { return 0 }
    return unsafe Unmanaged<HTTPTransfer>.fromOpaque(user).takeUnretainedValue()
        .header(UnsafeRawBufferPointer(start: bytes, count: size * count))
}
