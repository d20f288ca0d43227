// SHUT_WR: the socket headers belong to the first C module that includes them.
internal import CLibuv
internal import CLibwebsockets
internal import Glibc
internal import Wire

/// Plain HTTP requests, with and without a body.
extension WebSocket {
    /// How many bytes of a refused body are read, and for how long.
    private static let refusedBody = (limit: 1 << 20, timeout: Duration.seconds(5))

    private static let lineEndHint = """
        a request begins with METHOD TARGET HTTP/1.1; a target with an encoded end of a line is taken in the first \
        request of a connection in plaintext only: elsewhere a query of several lines goes by POST
        """

    /// Handles a request whose head is complete; a negative result hangs up.
    func requested(_ wsi: OpaquePointer) -> Int32 {
        guard let options = server?.options, let (method, path) = unsafe target(of: wsi),
            options.methods.contains(method)
        else { return unsafe refuseMethod(wsi) }
        let version = unsafe header(WSI_TOKEN_HTTP, of: wsi)
        // libwebsockets 4.1.6 takes an encoded line end in the target for a real one, and what follows it for a field,
        // which may hide the Host. The version then has another value, or is in that field.
        guard version == "HTTP/1.1" || version == "HTTP/1.0" else {
            return unsafe refuse(wsi, 400, Self.lineEndHint)
        }
        let framing = unsafe BodyFraming(
            contentLength: header(WSI_TOKEN_HTTP_CONTENT_LENGTH, of: wsi),
            transferEncoding: header(WSI_TOKEN_HTTP_TRANSFER_ENCODING, of: wsi)
        )
        let wasRead = unsafe noteRead(wsi)
        // The judgement holds for this request only.
        defer { handshake?.isJudged = false }
        handshake?.takesInterim = version == "HTTP/1.1"
        // Decided as libwebsockets decides it, which understands a single word only.
        let connection = unsafe header(WSI_TOKEN_CONNECTION, of: wsi)?.lowercased()
        handshake?.isLast = connection == "close" || version == "HTTP/1.0" && connection != "keep-alive"
        guard method == .post else {
            guard framing == .none || framing == .length(0) else {
                return unsafe refuse(wsi, 400, "a \(method.rawValue) without a body is expected")
            }
            return unsafe deliver(request(method, path, of: wsi), wsi)
        }
        guard wasRead else { return unsafe refuse(wsi, 503, "a body is not taken behind another request in a hurry") }
        switch framing {
        case .none where serverDelegate?.onLoop({ $0.takesNoBody(at: path) }) == true:
            // There is none (RFC 9112, section 6.3). libwebsockets 4.1.6 expects one nevertheless, and would take the
            // next request for it.
            handshake?.isLast = true
            handshake?.returning = nil
            handshake?.endsWithAnswer = true
            return unsafe deliver(request(method, path, of: wsi), wsi)
        case .none, .chunked:
            return unsafe refuseBody(wsi, path, 411, "a body needs a Content-Length here")
        case .unknownCoding:
            return unsafe refuseBody(wsi, path, 501, "no transfer coding is served")
        case .invalid:
            return unsafe refuse(wsi, 400, "the Content-Length is invalid")
        case .length(let count) where count > options.limits.messageSize:
            return unsafe refuseBody(wsi, path, 413, "a body of at most \(options.limits.messageSize) bytes is taken")
        case .length(let count):
            return unsafe expectBody(wsi, of: request(method, path, of: wsi), count: count)
        }
    }

    /// Handles a piece of a body; a negative result hangs up.
    func receiveBody(_ piece: UnsafeBufferPointer<UInt8>) -> Int32 {
        guard let body = handshake?.arrivingBody, unsafe body.take(piece) else { return -1 }
        note(body)
        return 0
    }

    /// Gives a body up, which is the largest while too many bytes are gathered.
    func giveUp(_ body: ArrivingBody) {
        guard body === handshake?.arrivingBody, let wsi = unsafe wsi else { return }
        let path = if case .request(let request) = body.purpose { request.path } else { "" }
        let reason = "too much is being sent by all: try again later"
        let later = HTTPField(name: "Retry-After", value: "5")
        if unsafe refuseBody(wsi, path, 503, reason, headers: [later]) != 0 { hangUpAfterResponse() }
    }

    /// Handles a complete body; a negative result hangs up.
    ///
    /// libwebsockets 4.1.6 repeats this callback for whatever it reads before the answer is sent. Its reading is paused
    /// until then; a repeated callback must not execute the request twice.
    func completedBody(_ wsi: OpaquePointer) -> Int32 {
        guard let arrived = handshake?.arrivingBody, case .request(var request) = arrived.purpose else { return -1 }
        handshake?.arrivingBody = nil
        request.body = arrived.bytes
        unsafe lws_set_timeout(wsi, NO_PENDING_TIMEOUT, 0)
        // Bytes that arrived with the body's end are refused, like those that arrive with a request without a body.
        _ = unsafe noteRead(wsi)
        return unsafe deliver(request, wsi)
    }

    /// Whether anything was read from the connection since the last request.
    ///
    /// If not, this request was read together with the last one. libwebsockets 4.1.6 takes the head of such a request
    /// for the body, and goes on in freed memory.
    private func noteRead(_ wsi: OpaquePointer) -> Bool {
        let descriptor = unsafe lws_get_socket_fd(wsi)
        let count = TransferredBytes.read(of: descriptor)
        let wasRead = count == nil ? TransferredBytes.wasRead(descriptor) : nil
        defer { handshake?.readBytes = count ?? 0 }
        guard let readBytes = handshake?.readBytes else { return true }
        return count.map { $0 > readBytes } ?? wasRead ?? false
    }

    private func expectBody(_ wsi: OpaquePointer, of request: HTTPRequest, count: Int) -> Int32 {
        guard let options = server?.options else { return -1 }
        if let expectation = unsafe header(WSI_TOKEN_HTTP_EXPECT, of: wsi) {
            guard expectation.lowercased() == "100-continue" else {
                return unsafe refuseBody(wsi, request.path, 417, "only 100-continue can be expected")
            }
            let go = Array("HTTP/1.1 100 Continue\r\n\r\n".utf8)
            let written = unsafe go.withUnsafeBytes { unsafe clws_write_raw(wsi, $0.baseAddress, $0.count) }
            if written < 0 { return -1 }
        }
        handshake?.arrivingBody = ArrivingBody(.request(request), limit: count, timeout: options.bodyTimeout)
        unsafe limitBody(wsi, options.bodyTimeout)
        return 0
    }

    /// Limits the time for the whole body, rounded up to a second.
    ///
    /// libwebsockets 4.1.6 restarts its own timeout with each piece, but leaves its second timer alone.
    private func limitBody(_ wsi: OpaquePointer, _ timeout: Duration) {
        let seconds = timeout.wholeSeconds
        // The timer goes first: it is told, and counted.
        unsafe lws_set_timeout(wsi, PENDING_TIMEOUT_HTTP_CONTENT, seconds + 1)
        unsafe lws_set_timer_usecs(wsi, lws_usec_t(seconds) * 1_000_000)
    }

    /// Ends a body whose time is over; a negative result hangs up.
    func bodyTimedOut() -> Int32 {
        guard let body = handshake?.arrivingBody else { return 0 }
        if case .request = body.purpose { serverDelegate?.onLoop { $0.bodyRefused(.timeout) } }
        return -1
    }

    private func deliver(_ request: HTTPRequest, _ wsi: OpaquePointer) -> Int32 {
        let exchange = HTTPExchange(request, on: self)
        let ends = answering { serverDelegate?.onLoop { $0.requested(exchange) } }
        if !ends, !exchange.isAnswered { unsafe awaitAnswer(wsi) }
        return ends ? -1 : 0
    }

    /// Answers before the body is read, and then reads on for a while.
    private func refuseBody(
        _ wsi: OpaquePointer,
        _ path: String,
        _ status: Int,
        _ reason: String,
        headers: [HTTPField] = []
    ) -> Int32 {
        var response = HTTPResponse.text(reason, status: status)
        if let serverDelegate {
            response = serverDelegate.onLoop { delegate in
                delegate.bodyRefused(BodyRefusal(status: status))
                return delegate.refusal(of: path, status, reason)
            }
        }
        response.headers += headers
        _ = unsafe refuse(wsi, response)
        // Not over TLS: an end without a close_notify looks like a truncated answer. There the answer's own length must
        // do.
        if !isSecure { shutdown(unsafe lws_get_socket_fd(wsi), Int32(SHUT_WR)) }
        let (limit, timeout) = Self.refusedBody
        handshake?.arrivingBody = ArrivingBody(.refused, limit: limit, timeout: timeout)
        unsafe limitBody(wsi, timeout)
        return 0
    }

    private func refuseMethod(_ wsi: OpaquePointer) -> Int32 {
        let response = HTTPResponse.methodNotAllowed(server?.options.methods ?? [], hint: server?.options.methodHint)
        return unsafe refuse(wsi, response)
    }

    private func target(of wsi: OpaquePointer) -> (HTTPRequest.Method, path: String)? {
        for method in HTTPRequest.Method.allCases where unsafe lws_hdr_total_length(wsi, method.token) > 0 {
            return unsafe header(method.token, of: wsi).map { (method, $0) }
        }
        return nil
    }

    private func request(_ method: HTTPRequest.Method, _ path: String, of wsi: OpaquePointer) -> HTTPRequest {
        var request = unsafe HTTPRequest(method: method, path: path, query: query(of: wsi))
        request.binding = handshake?.binding ?? 0
        request.certificate = unsafe certificate(of: wsi)
        request.usesHTTPS = handshake?.usesHTTPS ?? false
        request.host = unsafe header(WSI_TOKEN_HOST, of: wsi) ?? ""
        request.origin = unsafe header(WSI_TOKEN_ORIGIN, of: wsi)
        request.authorization = unsafe header(WSI_TOKEN_HTTP_AUTHORIZATION, of: wsi)
        request.cookie = unsafe header(WSI_TOKEN_HTTP_COOKIE, of: wsi)
        request.accept = unsafe header(WSI_TOKEN_HTTP_ACCEPT, of: wsi)
        request.contentType = unsafe header(WSI_TOKEN_HTTP_CONTENT_TYPE, of: wsi)
        request.lastEventID = unsafe header(named: "last-event-id:", of: wsi)
        request.fetchSite = unsafe header(named: "sec-fetch-site:", of: wsi)
        request.fetchMode = unsafe header(named: "sec-fetch-mode:", of: wsi)
        request.fetchDestination = unsafe header(named: "sec-fetch-dest:", of: wsi)
        return request
    }

    /// A field for which libwebsockets has no token, by its name in lower case with the colon.
    private func header(named name: StaticString, of wsi: OpaquePointer) -> String? {
        let count = Int32(name.utf8CodeUnitCount)
        let name = unsafe UnsafeRawPointer(name.utf8Start).assumingMemoryBound(to: CChar.self)
        let length = Int(unsafe lws_hdr_custom_length(wsi, name, count))
        guard length > 0 else { return nil }
        return unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: length + 1) { buffer in
            let copied = unsafe lws_hdr_custom_copy(wsi, buffer.baseAddress, Int32(buffer.count), name, count)
            guard copied >= 0 else { return nil }
            return unsafe String(decoding: UnsafeRawBufferPointer(buffer).prefix(length), as: UTF8.self)
        }
    }
}

extension HTTPRequest.Method {
    fileprivate var token: lws_token_indexes {
        switch self {
        case .get: WSI_TOKEN_GET_URI
        case .head: WSI_TOKEN_HEAD_URI
        case .options: WSI_TOKEN_OPTIONS_URI
        case .post: WSI_TOKEN_POST_URI
        }
    }
}
