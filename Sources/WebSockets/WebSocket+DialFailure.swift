internal import CLibwebsockets

/// Why a dial failed, in words that say what to do; no byte that a peer wrote is in them.
extension WebSocket {
    func connectionFailed(_ wsi: OpaquePointer, _ reason: String) {
        let client = handshake?.client
        handshake?.client = nil
        let answered = Int(unsafe lws_http_client_http_response(wsi))
        let status = answered > 0 ? answered : nil
        let retryAfter = status == nil ? nil : unsafe header(WSI_TOKEN_HTTP_RETRY_AFTER, of: wsi)
        let cause = unsafe cause(of: reason, status, wsi, client?.target)
        closed()
        client?.failed(.dialFailed(reason: "\(peer) \(cause)", status: status, retryAfter: retryAfter))
    }

    private func cause(
        of reason: String,
        _ status: Int?,
        _ wsi: OpaquePointer,
        _ target: WebSocketClient.Target?
    ) -> String {
        if let status { return Self.cause(ofStatus: status, reason) }
        let failure = unsafe clws_tls_failure(lws_get_ssl(wsi))
        if unsafe failure.is_within != 0 { return unsafe Self.cause(of: failure, target) }
        let connection = unsafe lws_get_socket_fd(wsi)
        guard let sent = TransferredBytes.acknowledged(of: connection), sent > 0 else {
            return "refuses the connection, or can't be reached: does the server run, at this address and port?"
        }
        // The end of the stream counts for one.
        guard let received = TransferredBytes.received(by: connection), received > 1 else {
            // Some TLS servers say nothing to what is no TLS.
            return "ends the connection before it answers the upgrade"
                + (isSecure ? "" : ": a TLS port? Then use wss://")
        }
        return isSecure ? "speaks no HTTP: is it another service?" : "speaks no HTTP: a TLS port? Then use wss://"
    }

    private static func cause(ofStatus status: Int, _ reason: String) -> String {
        switch status {
        case 101: "answers 101, but not as a WebSocket server does (\(reason))"
        // Credentials would go elsewhere.
        case 300..<400: "redirects the upgrade, and redirects aren't followed (HTTP status \(status))"
        case 401, 403: "answers \(status): other credentials are needed"
        case 404: "answers 404: is the path right?"
        case 407: "answers 407: a proxy wants credentials"
        case 429: "answers 429: too many requests"
        case 502...504: "answers \(status): the server isn't ready"
        default: "answers \(status) instead of an upgrade: does it serve WebSockets at this path?"
        }
    }

    private static func cause(of failure: clws_tls_failure_t, _ target: WebSocketClient.Target?) -> String {
        let name = target?.host ?? "that of the URL"
        if let flaw = unsafe clws_flaw_name_of(failure.flaw), unsafe failure.flaw != 0 {
            switch unsafe clws_flaw_of(failure.flaw) {
            case clws_flaw_expired: return "can't be trusted: certificate expired; the server needs a new one"
            case clws_flaw_early: return "can't be trusted: certificate isn't valid yet; is this machine's clock right?"
            case clws_flaw_name: return "can't be trusted: certificate is for another name than \(name)"
            case clws_flaw_authority:
                return
                    "can't be trusted: certificate's authority is unknown; give its authority's file if it is your own"
            default: return unsafe "can't be trusted: \(String(cString: flaw))"
            }
        }
        let words = unsafe failure.reason.map { unsafe String(cString: $0) } ?? "no reason given"
        if unsafe failure.is_alert != 0 { return "refuses the TLS session: \(words)" }
        if unsafe failure.is_end != 0 {
            return "ends the connection within the TLS handshake: no TLS here? Then use ws://"
        }
        return unsafe failure.is_unanswered != 0
            ? "speaks another protocol: no TLS here; use ws://, or another port" : "can't make a TLS session: \(words)"
    }
}
