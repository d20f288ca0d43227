// SHUT_WR: the socket headers belong to the first C module that includes them.
internal import CLibuv
internal import CLibwebsockets
internal import Glibc
internal import Wire

/// Plain HTTP requests, with and without a body.
extension WebSocket {
    /// What is read of a body that was refused, in bytes, and for how long.
    private static let refusedBody = (limit: 1 << 20, timeout: Duration.seconds(5))

    private static let lineEndHint = """
        a request begins with METHOD TARGET HTTP/1.1; a target with an encoded end of a line is taken in the first request \
        of a connection in plaintext only: elsewhere a query of several lines goes by POST
        """

    /// A request's head is complete; negative to hang up.
    func requested(_ wsi: OpaquePointer) -> Int32 {
        guard let options = server?.options, let (method, path) = unsafe target(of: wsi),
            options.methods.contains(method)
        else { return unsafe refuseMethod(wsi) }
        let version = unsafe header(WSI_TOKEN_HTTP, of: wsi)
        // An encoded end of a line in the target is one to libwebsockets 4.1.6, and what is behind it a field, which may
        // hide the Host: the version is then another, or in that field.
        guard version == "HTTP/1.1" || version == "HTTP/1.0" else {
            return unsafe refuse(wsi, 400, Self.lineEndHint)
        }
        let framing = unsafe BodyFraming(
            contentLength: header(WSI_TOKEN_HTTP_CONTENT_LENGTH, of: wsi),
            transferEncoding: header(WSI_TOKEN_HTTP_TRANSFER_ENCODING, of: wsi)
        )
        let wasRead = unsafe noteRead(wsi)
        // It goes for this request only.
        defer { handshake?.isJudged = false }
        handshake?.takesInterim = version == "HTTP/1.1"
        // As libwebsockets decides it, which understands one word only.
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

    /// A piece of a body arrived; negative to hang up.
    func receiveBody(_ piece: UnsafeBufferPointer<UInt8>) -> Int32 {
        guard let body = handshake?.arrivingBody, unsafe body.take(piece) else { return -1 }
        note(body)
        return 0
    }

    /// Too much is gathered, and this body is the largest.
    func giveUp(_ body: ArrivingBody) {
        guard body === handshake?.arrivingBody, let wsi = unsafe wsi else { return }
        let path = if case .request(let request) = body.purpose { request.path } else { "" }
        let reason = "too much is being sent by all: try again later"
        let later = HTTPField(name: "Retry-After", value: "5")
        if unsafe refuseBody(wsi, path, 503, reason, headers: [later]) != 0 { hangUpAfterResponse() }
    }

    /// The body is complete; negative to hang up.
    ///
    /// libwebsockets 4.1.6 says so again for whatever it reads before the answer is sent. It reads nothing then, and if it
    /// did, nothing may be executed twice.
    func completedBody(_ wsi: OpaquePointer) -> Int32 {
        guard let arrived = handshake?.arrivingBody, case .request(var request) = arrived.purpose else { return -1 }
        handshake?.arrivingBody = nil
        request.body = arrived.bytes
        unsafe lws_set_timeout(wsi, NO_PENDING_TIMEOUT, 0)
        // What came together with the body's end is refused like what comes together with a request without one.
        _ = unsafe noteRead(wsi)
        return unsafe deliver(request, wsi)
    }

    /// Whether something was read from the connection since the request before.
    ///
    /// If not, this request was read together with that one. Of such a request libwebsockets 4.1.6 takes the head for the
    /// body, and goes on in memory that it has freed.
    private func noteRead(_ wsi: OpaquePointer) -> Bool {
        let count = unsafe TransferredBytes.read(of: lws_get_socket_fd(wsi))
        defer { handshake?.readBytes = count ?? 0 }
        guard let readBytes = handshake?.readBytes else { return true }
        return count.map { $0 > readBytes } ?? false
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

    /// The body has so long in all; its last second counts as a whole one.
    ///
    /// libwebsockets 4.1.6 sets its own timeout anew after each piece: its second timer is left alone.
    private func limitBody(_ wsi: OpaquePointer, _ timeout: Duration) {
        let seconds = timeout.wholeSeconds
        unsafe lws_set_timeout(wsi, PENDING_TIMEOUT_HTTP_CONTENT, seconds)
        unsafe lws_set_timer_usecs(wsi, lws_usec_t(seconds) * 1_000_000)
    }

    /// The time of a body is over; negative to hang up.
    func bodyTimedOut() -> Int32 { handshake?.arrivingBody == nil ? 0 : -1 }

    private func deliver(_ request: HTTPRequest, _ wsi: OpaquePointer) -> Int32 {
        let exchange = HTTPExchange(request, on: self)
        let ends = answering { serverDelegate?.assumeIsolated { $0.requested(exchange) } }
        if !ends, !exchange.isAnswered { unsafe awaitAnswer(wsi) }
        return ends ? -1 : 0
    }

    /// Answers before the body was read, and reads on for a while.
    private func refuseBody(
        _ wsi: OpaquePointer,
        _ path: String,
        _ status: Int,
        _ reason: String,
        headers: [HTTPField] = []
    ) -> Int32 {
        var response = HTTPResponse.text(reason, status: status)
        if let serverDelegate {
            response = serverDelegate.assumeIsolated { $0.refusal(of: path, status, reason) }
        }
        response.headers += headers
        _ = unsafe refuse(wsi, response)
        // Over TLS such an end would be one without the words that it is: there the client goes by the answer.
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
        request.host = unsafe header(WSI_TOKEN_HOST, of: wsi) ?? ""
        request.origin = unsafe header(WSI_TOKEN_ORIGIN, of: wsi)
        request.accept = unsafe header(WSI_TOKEN_HTTP_ACCEPT, of: wsi)
        request.contentType = unsafe header(WSI_TOKEN_HTTP_CONTENT_TYPE, of: wsi)
        request.lastEventID = unsafe header(named: "last-event-id:", of: wsi)
        request.fetchSite = unsafe header(named: "sec-fetch-site:", of: wsi)
        request.fetchMode = unsafe header(named: "sec-fetch-mode:", of: wsi)
        request.fetchDestination = unsafe header(named: "sec-fetch-dest:", of: wsi)
        return request
    }

    /// A header that libwebsockets has no token for, by its name in lower case with the colon.
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
