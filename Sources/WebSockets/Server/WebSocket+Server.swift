internal import CLibwebsockets
internal import Wire

/// The handshake on the server's side, and what it shares with plain requests.
extension WebSocket {
    /// Returns 0 to go on with the upgrade, a positive number when a response was sent, a negative one to hang up.
    ///
    /// - Parameter name: The protocol to upgrade to, in libwebsockets' memory.
    func confirmUpgrade(_ wsi: OpaquePointer, to name: UnsafeMutableRawPointer?) -> Int32 {
        if let request = handshake?.request { return unsafe decide(over: request, wsi) }
        // libwebsockets has answered 403 to an unknown Upgrade and goes on regardless (CVE-2025-11677): the field's
        // memory may be freed, and then its length reads as zero.
        guard unsafe lws_hdr_total_length(wsi, WSI_TOKEN_UPGRADE) > 0,
            let upgrade = unsafe header(WSI_TOKEN_UPGRADE, of: wsi)
        else { return -1 }
        guard upgrade.lowercased() == "websocket" else {
            // A client that would prefer another protocol is still served over HTTP/1.1 (RFC 9110, section 7.8).
            if upgrade.lowercased() == "h2c", unsafe LibraryBuild.ignoreUpgrade(name, to: upgrade) { return 0 }
            return unsafe refuse(wsi, 426, "only websocket upgrades are served")
        }
        guard unsafe lws_hdr_total_length(wsi, WSI_TOKEN_GET_URI) > 0,
            let path = unsafe header(WSI_TOKEN_GET_URI, of: wsi)
        else { return unsafe refuse(wsi, .upgradeMethod) }
        if handshake?.isJudged == false, let answer = unsafe judgeUpgrade(wsi) { return answer }
        let offer = SubprotocolOffer(unsafe header(WSI_TOKEN_PROTOCOL, of: wsi) ?? "")
        if let reason = offer.refusal(serving: server?.options.subprotocols ?? []) {
            return unsafe refuse(wsi, 400, reason)
        }
        let request = unsafe UpgradeRequest(
            path: path,
            query: query(of: wsi),
            host: header(WSI_TOKEN_HOST, of: wsi) ?? "",
            origin: header(WSI_TOKEN_ORIGIN, of: wsi),
            authorization: header(WSI_TOKEN_HTTP_AUTHORIZATION, of: wsi),
            cookie: header(WSI_TOKEN_HTTP_COOKIE, of: wsi),
            certificate: certificate(of: wsi),
            peer: peer,
            binding: handshake?.binding ?? 0,
            usesHTTPS: handshake?.usesHTTPS ?? false,
            subprotocols: offer.names
        )
        return unsafe decide(over: request, wsi)
    }

    private func decide(over request: UpgradeRequest, _ wsi: OpaquePointer) -> Int32 {
        switch serverDelegate?.onLoop({ $0.decide(request) }) ?? .refuse(status: 503, reason: "no server") {
        case .accept(let context):
            handshake?.request = request
            handshake?.context = context
            return 0
        case .refuse(let status, let reason, let headers):
            return unsafe refuse(wsi, status, reason, headers: headers)
        }
    }

    /// Judges a handshake whose head only libwebsockets has read, as far as it shows the head; nil when it is valid.
    private func judgeUpgrade(_ wsi: OpaquePointer) -> Int32? {
        if unsafe header(WSI_TOKEN_HTTP, of: wsi) != "HTTP/1.1" { return unsafe refuse(wsi, .upgradeBeforeHTTP11) }
        let options = unsafe (header(WSI_TOKEN_CONNECTION, of: wsi) ?? "").lowercased().listElements
        guard options.contains("upgrade") else {
            return unsafe refuse(wsi, .upgradeConnection)
        }
        let (key, version) = unsafe (header(WSI_TOKEN_KEY, of: wsi), header(WSI_TOKEN_VERSION, of: wsi))
        if let error = RequestHead.handshakeError(key: key, version: version) { return unsafe refuse(wsi, error) }
        // libwebsockets would silently truncate both of these fields.
        for (token, limit) in [
            (WSI_TOKEN_CONNECTION, 126), (WSI_TOKEN_EXTENSIONS, Int32(RequestHead.maximumExtensionsSize)),
        ] where unsafe lws_hdr_total_length(wsi, token) > limit {
            return unsafe refuse(wsi, 400, "Connection and Sec-WebSocket-Extensions are too long")
        }
        return nil
    }

    private func refuse(_ wsi: OpaquePointer, _ error: RequestHeadError) -> Int32 {
        unsafe refuse(wsi, error.status, error.description, headers: error.answerFields)
    }

    func accepted(_ wsi: OpaquePointer) -> Int32 {
        guard let request = handshake?.request else { return -1 }
        let context = handshake?.context
        let name = unsafe lws_get_protocol(wsi).map { unsafe String(cString: $0.pointee.name) }
        unsafe established(wsi)
        server?.responses.count(101)
        let subprotocol = name == WebSocketServer.plainProtocol ? nil : name
        serverDelegate?.onLoop { $0.opened(self, by: request, context, subprotocol: subprotocol) }
        return 0
    }

    var serverDelegate: (any WebSocketServerDelegate)? { delegate as? any WebSocketServerDelegate }

    /// Answers over HTTP and hangs up.
    func refuse(_ wsi: OpaquePointer, _ status: Int, _ reason: String, headers: [HTTPField] = []) -> Int32 {
        var response = HTTPResponse.text(reason, status: status)
        response.headers = headers
        return unsafe refuse(wsi, response)
    }

    func refuse(_ wsi: OpaquePointer, _ response: HTTPResponse) -> Int32 {
        server?.responses.count(response.status)
        let bytes = response.encoded(closes: true)
        unsafe bytes.withUnsafeBytes { _ = unsafe clws_write_raw(wsi, $0.baseAddress, $0.count) }
        return -1
    }

    func header(_ token: lws_token_indexes, of wsi: OpaquePointer) -> String? {
        let length = Int(unsafe lws_hdr_total_length(wsi, token))
        guard length > 0 else { return nil }
        return unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: length + 1) { buffer in
            let copied = unsafe lws_hdr_copy(wsi, buffer.baseAddress, Int32(buffer.count), token)
            guard copied >= 0 else { return nil }
            return unsafe String(decoding: UnsafeRawBufferPointer(buffer).prefix(Int(copied)), as: UTF8.self)
        }
    }

    func query(of wsi: OpaquePointer) -> [QueryItem] {
        var items: [QueryItem] = []
        let length = Int(unsafe lws_hdr_total_length(wsi, WSI_TOKEN_HTTP_URI_ARGS))
        guard length > 0 else { return items }
        // A head that was read here was percent-encoded once more for libwebsockets.
        let isEncoded = handshake?.isJudged == true
        let decode = { (text: Substring) in isEncoded ? String(percentDecoding: text) : String(text) }
        unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: length + 1) { buffer in
            // libwebsockets stores every parameter as a fragment of its own, percent-decoded.
            for index in 0..<64 {
                let length = unsafe lws_hdr_copy_fragment(
                    wsi,
                    buffer.baseAddress,
                    Int32(buffer.count),
                    WSI_TOKEN_HTTP_URI_ARGS,
                    Int32(index)
                )
                guard length >= 0 else { return }
                let text = unsafe String(decoding: UnsafeRawBufferPointer(buffer).prefix(Int(length)), as: UTF8.self)
                let letters = text.utf8
                let sign = letters.firstIndex(of: UInt8(ascii: "=")) ?? letters.endIndex
                let value = letters[sign...].dropFirst()
                items.append(QueryItem(name: decode(text[..<sign]), value: decode(Substring(value))))
            }
        }
        return items
    }
}
